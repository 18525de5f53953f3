// The write endpoints: line protocol and MessagePack.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/object_pool.h"
#include "api/write_report.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "buffer/live_tables.h"
#include "http/route.h"
#include "ingest/line_protocol/line_protocol_decoder.h"
#include "ingest/msgpack/msgpack_decoder.h"
#include "write/writer.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  handlers run on the I/O threads: they inflate, decode and admit there, and answer when
//           the sequencer has published.
// Limits:   a body inflates to at most body_bytes_max.
class WriteRoutes {
 public:
  WriteRoutes(std::size_t body_bytes_max, write::Writer& writer, const buffer::LiveTables& tables,
              const Clock& clock, Metrics& metrics);

  std::vector<http::Route> Routes();

 private:
  // Whose parameter names the database.
  void WriteLineProtocol(http::Request request, http::Responder responder,
                         std::string_view database_parameter);
  void WriteMsgpack(http::Request request, http::Responder responder);
  Result<DecodedBody> DecodeLineProtocol(const http::Request& request, const std::string& database,
                                         std::string& inflated);
  Result<DecodedBody> DecodeMsgpack(const http::Request& request, const std::string& database,
                                    std::string& inflated);
  Result<std::string_view> Inflated(const http::Request& request, std::string& inflated) const;
  void Store(const std::string& database, Result<DecodedBody> body, PartialStatus partial,
             http::Responder responder);

  const std::size_t body_bytes_max_;
  write::Writer& writer_;
  const buffer::LiveTables& tables_;
  const Clock& clock_;
  ObjectPool<ingest::LineProtocolDecoder> line_protocol_decoders_;
  ObjectPool<ingest::MsgpackDecoder> msgpack_decoders_;
  Counter& line_protocol_requests_;
  Counter& msgpack_requests_;
  Counter& bytes_;
  Counter& errors_;
};

}  // namespace arc::api
