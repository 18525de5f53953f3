// The write endpoints: line protocol, MessagePack and TLE.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/ingest/line_protocol/line_protocol_decoder.h"
#include "data/ingest/msgpack/msgpack_decoder.h"
#include "data/write/writer.h"
#include "foundation/base/metrics.h"
#include "foundation/model/time_limits.h"
#include "foundation/time/clock.h"
#include "service/api/object_pool.h"
#include "service/api/rejection_log.h"
#include "service/api/write_report.h"
#include "service/api/write_stats.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers run on the I/O threads: they inflate, decode and admit there, and answer when
//           the sequencer has published.
// Limits:   a body inflates to at most body_bytes_max.
class WriteRoutes {
 public:
  WriteRoutes(std::size_t body_bytes_max, TimeRule times, write::Writer& writer,
              const buffer::LiveMeasurements& tables, RejectionLog& rejections, const Clock& clock,
              Metrics& metrics);

  std::vector<http::Route> Routes();

 private:
  using Decode = Result<DecodedBody> (WriteRoutes::*)(const http::Request& request,
                                                      std::string_view body,
                                                      const SchemaSource& schemas);
  struct Protocol {
    Counter& requests;
    Decode decode;
    const char* no_body;  // what an empty body is answered
    PartialStatus partial;
    WriteStats stats{};
  };
  struct Endpoint {
    Protocol& protocol;
    const char* path;
    std::string_view database_parameter;  // the query parameter that may name the database
  };

  void Write(const Endpoint& endpoint, http::Request request, http::Responder responder);
  // Decodes, and asks whether all of it may be written.
  Result<DecodedBody> Read(const Endpoint& endpoint, const http::Request& request,
                           const std::string& database);
  Result<DecodedBody> DecodeBody(Protocol& protocol, const http::Request& request,
                                 const SchemaSource& schemas);
  Result<DecodedBody> DecodeLineProtocol(const http::Request& request, std::string_view body,
                                         const SchemaSource& schemas);
  Result<DecodedBody> DecodeMsgpack(const http::Request& request, std::string_view body,
                                    const SchemaSource& schemas);
  Result<DecodedBody> DecodeTle(const http::Request& request, std::string_view body,
                                const SchemaSource& schemas);
  // Answers and counts it.
  void Refuse(Protocol& protocol, const Error& error, http::Responder responder);
  http::Response MsgpackStats() const;

  const std::size_t body_bytes_max_;
  const TimeRule times_;
  write::Writer& writer_;
  const buffer::LiveMeasurements& tables_;
  RejectionLog& rejections_;
  const Clock& clock_;
  ObjectPool<ingest::LineProtocolDecoder> line_protocol_decoders_;
  ObjectPool<ingest::MsgpackDecoder> msgpack_decoders_;
  Counter& bytes_;
  Counter& errors_;
  const Counter& flushed_records_;
  const Counter& flushes_;
  const Counter& flush_failures_;
  const Counter& records_;
  Protocol line_protocol_;
  Protocol msgpack_;
  Protocol tle_;
};

}  // namespace arc::api
