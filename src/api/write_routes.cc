#include "api/write_routes.h"

#include <memory>
#include <utility>

#include "api/request_database.h"
#include "http/error_answer.h"
#include "ingest/inflate/inflate.h"

namespace arc::api {
namespace {

using auth::Permission;
using http::BodyMode;

// What the decoders may know of one database.
class RegisteredSchemas : public SchemaSource {
 public:
  RegisteredSchemas(const buffer::LiveTables& tables, const std::string& database)
      : tables_(tables), database_(database) {}

  std::shared_ptr<const TableSchema> Find(std::string_view measurement) const override {
    const auto live = tables_.Find(database_, measurement);
    return live == nullptr ? nullptr : live->registered_schema();
  }

 private:
  const buffer::LiveTables& tables_;
  const std::string& database_;
};

}  // namespace

WriteRoutes::WriteRoutes(std::size_t body_bytes_max, write::Writer& writer,
                         const buffer::LiveTables& tables, const Clock& clock, Metrics& metrics)
    : body_bytes_max_(body_bytes_max),
      writer_(writer),
      tables_(tables),
      clock_(clock),
      line_protocol_requests_(metrics.AddCounter("arc_lineprotocol_requests_total",
                                                 "Write requests in line protocol.")),
      msgpack_requests_(
          metrics.AddCounter("arc_msgpack_requests_total", "Write requests in MessagePack.")),
      bytes_(metrics.AddCounter("arc_ingest_bytes_total", "Bytes of write bodies, inflated.")),
      errors_(metrics.AddCounter("arc_ingest_errors_total", "Write requests refused whole.")) {}

std::vector<http::Route> WriteRoutes::Routes() {
  const auto line_protocol = [this](std::string_view parameter) {
    return [this, parameter](http::Request request, http::Responder responder) {
      WriteLineProtocol(std::move(request), std::move(responder), parameter);
    };
  };
  const auto msgpack = [this](http::Request request, http::Responder responder) {
    WriteMsgpack(std::move(request), std::move(responder));
  };
  return {
      {"POST", "/write", Permission::kWrite, BodyMode::kMemory, line_protocol("db")},
      {"POST", "/api/v2/write", Permission::kWrite, BodyMode::kMemory, line_protocol("bucket")},
      {"POST", "/api/v1/write/line-protocol", Permission::kWrite, BodyMode::kMemory,
       line_protocol("db")},
      {"POST", "/api/v1/write/msgpack", Permission::kWrite, BodyMode::kMemory, msgpack},
  };
}

void WriteRoutes::WriteLineProtocol(http::Request request, http::Responder responder,
                                    std::string_view database_parameter) {
  line_protocol_requests_.Add();
  auto database = DatabaseToWrite(request, database_parameter);
  if (!database.ok()) return responder.Send(http::ErrorAnswer(database.error()));
  std::string inflated;
  auto body = DecodeLineProtocol(request, database.value(), inflated);
  Store(database.value(), std::move(body), PartialStatus::kBadRequest, std::move(responder));
}

void WriteRoutes::WriteMsgpack(http::Request request, http::Responder responder) {
  msgpack_requests_.Add();
  auto database = DatabaseToWrite(request, "db");
  if (!database.ok()) return responder.Send(http::ErrorAnswer(database.error()));
  std::string inflated;
  auto body = DecodeMsgpack(request, database.value(), inflated);
  Store(database.value(), std::move(body), PartialStatus::kOk, std::move(responder));
}

Result<DecodedBody> WriteRoutes::DecodeLineProtocol(const http::Request& request,
                                                    const std::string& database,
                                                    std::string& inflated) {
  if (request.body.empty()) return Error{ErrorCode::kInvalidInput, "Empty request body"};
  ingest::LineProtocolOptions options;
  options.precision = TRY(ingest::ParsePrecision(request.QueryValue("precision").value_or("")));
  options.now_micros = clock_.NowMicros();
  const auto text = TRY(Inflated(request, inflated));
  return line_protocol_decoders_.Borrow()->Decode(text, options,
                                                  RegisteredSchemas(tables_, database));
}

Result<DecodedBody> WriteRoutes::DecodeMsgpack(const http::Request& request,
                                               const std::string& database, std::string& inflated) {
  if (request.body.empty()) return Error{ErrorCode::kInvalidInput, "Empty payload"};
  const auto bytes = TRY(Inflated(request, inflated));
  return msgpack_decoders_.Borrow()->Decode(bytes, {clock_.NowMicros()},
                                            RegisteredSchemas(tables_, database));
}

Result<std::string_view> WriteRoutes::Inflated(const http::Request& request,
                                               std::string& inflated) const {
  std::string_view body = request.body;
  const auto encoding = ingest::DetectEncoding(body);
  if (encoding != ingest::BodyEncoding::kIdentity) {
    inflated = TRY(ingest::Inflate(body, encoding, body_bytes_max_));
    body = inflated;
  }
  bytes_.Add(body.size());
  return body;
}

void WriteRoutes::Store(const std::string& database, Result<DecodedBody> body,
                        PartialStatus partial, http::Responder responder) {
  if (body.ok() && body.value().measurements.empty() && body.value().rejections.count == 0) {
    body = Error{ErrorCode::kInvalidInput, "No valid records in request"};
  }
  if (!body.ok()) {
    errors_.Add();
    return responder.Send(http::ErrorAnswer(body.error()));
  }
  const auto shared = std::make_shared<http::Responder>(std::move(responder));
  writer_.Write(database, std::move(body).TakeValue(),
                [this, shared, partial](Result<write::WriteOutcome> outcome) {
                  if (!outcome.ok()) {
                    errors_.Add();
                    return shared->Send(http::ErrorAnswer(outcome.error()));
                  }
                  shared->Send(WriteReport(outcome.value(), partial));
                });
}

}  // namespace arc::api
