#include "service/api/write_routes.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "data/ingest/inflate/inflate.h"
#include "data/ingest/tle/tle_decoder.h"
#include "service/api/json_answer.h"
#include "service/api/request_database.h"
#include "service/api/request_parameters.h"
#include "service/api/write_parameters.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using auth::Permission;
using http::BodyMode;

// What the decoders may know of one database: a hint. Of a measurement that the writer may not
// write they know nothing: the reason why a line is refused would tell. What may be written is
// decided by AuthorizeBody, on what was decoded.
class WritableSchemas : public SchemaSource {
 public:
  WritableSchemas(const buffer::LiveMeasurements& tables, const std::string& database,
                  const auth::Principal& writer)
      : tables_(tables), database_(database), writer_(writer) {}

  std::shared_ptr<const RowSchema> Find(std::string_view measurement) const override {
    if (!writer_.May(Permission::kWrite, database_, measurement)) return nullptr;
    const auto live = tables_.Find(database_, measurement);
    return live == nullptr ? nullptr : live->registered_schema();
  }

 private:
  const buffer::LiveMeasurements& tables_;
  const std::string& database_;
  const auth::Principal& writer_;
};

// Not about who sent it, nor about how the server is.
bool IsAboutTheBody(ErrorCode code) {
  return code == ErrorCode::kInvalidInput || code == ErrorCode::kTooLarge ||
         code == ErrorCode::kUnprocessable;
}

// Text where MessagePack is expected: what its decoder says of the first byte would be a riddle.
std::optional<Error> TextProblem(std::string_view body) {
  const auto is_bom = body.starts_with("\xEF\xBB\xBF");
  const auto is_json = body.starts_with('{') || body.starts_with('[');
  if (!is_bom && !is_json) return std::nullopt;
  return Error{ErrorCode::kInvalidInput,
               is_bom ? "the body begins with a byte order mark (EF BB BF), so it is text, not "
                        "MessagePack"
                      : "the body looks like JSON: this endpoint takes MessagePack, of the same "
                        "members"};
}

http::Response HealthAnswer() {
  return JsonAnswer({{"status", "healthy"}, {"service", "line_protocol_writer"}});
}

}  // namespace

WriteRoutes::WriteRoutes(std::size_t body_bytes_max, TimeRule times, write::Writer& writer,
                         const buffer::LiveMeasurements& tables, RejectionLog& rejections,
                         const Clock& clock, Metrics& metrics)
    : body_bytes_max_(body_bytes_max),
      times_(times),
      writer_(writer),
      tables_(tables),
      rejections_(rejections),
      clock_(clock),
      bytes_(metrics.AddCounter("arc_ingest_bytes_total", "Bytes of write bodies, inflated.")),
      errors_(metrics.AddCounter("arc_ingest_errors_total", "Write requests refused whole.")),
      flushed_records_(
          metrics.AddCounter("arc_buffer_records_written_total", "Rows flushed to files")),
      flushes_(metrics.AddCounter("arc_buffer_flushes_total", "Flushes of a measurement")),
      flush_failures_(metrics.AddCounter("arc_buffer_flush_failures_total", "Flushes that failed")),
      records_(metrics.AddCounter("arc_ingest_records_total", "Rows accepted.")),
      line_protocol_{
          metrics.AddCounter("arc_lineprotocol_requests_total", "Write requests in line protocol."),
          &WriteRoutes::DecodeLineProtocol, "Empty request body", PartialStatus::kBadRequest},
      msgpack_{metrics.AddCounter("arc_msgpack_requests_total", "Write requests in MessagePack."),
               &WriteRoutes::DecodeMsgpack, "Empty payload", PartialStatus::kOk},
      tle_{metrics.AddCounter("arc_tle_requests_total", "Write requests of element sets."),
           &WriteRoutes::DecodeTle, "Empty request body", PartialStatus::kBadRequest} {}

std::vector<http::Route> WriteRoutes::Routes() {
  const auto write = [this](const char* path, Protocol& protocol, std::string_view parameter) {
    const Endpoint endpoint{protocol, path, parameter};
    return http::Route{"POST",
                       path,
                       Permission::kWrite,
                       BodyMode::kMemory,
                       [this, endpoint](http::Request request, http::Responder responder) {
                         Write(endpoint, std::move(request), std::move(responder));
                       },
                       std::string(parameter),
                       /*has_influx_errors=*/true};
  };
  const auto show = [](const char* path, std::function<http::Response()> answer) {
    return http::Route{
        "GET", path, Permission::kToken, BodyMode::kMemory,
        [answer](http::Request, http::Responder responder) { responder.Send(answer()); }};
  };
  return {
      write("/write", line_protocol_, "db"),
      write("/api/v2/write", line_protocol_, "bucket"),
      write("/api/v1/write/line-protocol", line_protocol_, "db"),
      write("/api/v1/write/msgpack", msgpack_, "db"),
      write("/api/v1/write/tle", tle_, "db"),
      show("/api/v1/write/line-protocol/stats",
           [this] { return StatsAnswer(line_protocol_.stats); }),
      show("/api/v1/write/line-protocol/health", HealthAnswer),
      show("/api/v1/write/msgpack/stats", [this] { return MsgpackStats(); }),
      show("/api/v1/write/msgpack/spec", MsgpackSpecAnswer),
      show("/api/v1/write/tle/stats", [this] { return StatsAnswer(tle_.stats); }),
  };
}

void WriteRoutes::Write(const Endpoint& endpoint, http::Request request,
                        http::Responder responder) {
  auto& protocol = endpoint.protocol;
  protocol.requests.Add();
  protocol.stats.requests.Add();
  RefusedRequest refused{.database = {},
                         .endpoint = endpoint.path,
                         .token = request.principal.name,
                         .client = request.client_address,
                         .counts_lines = protocol.partial == PartialStatus::kBadRequest};
  const auto refuse = [&](const Error& error) {
    if (IsAboutTheBody(error.code)) rejections_.RecordRequest(refused, error);
    Refuse(protocol, error, std::move(responder));
  };
  const auto database = DatabaseOrDefault(request, endpoint.database_parameter);
  if (!database.ok()) return refuse(database.error());
  refused.database = database.value();
  auto body = Read(endpoint, request, database.value());
  if (!body.ok()) return refuse(body.error());
  const auto shared = std::make_shared<http::Responder>(std::move(responder));
  writer_.Write(
      database.value(), std::move(body).TakeValue(),
      [this, shared, &protocol](Result<write::WriteOutcome> outcome) {
        if (!outcome.ok()) return Refuse(protocol, outcome.error(), std::move(*shared));
        protocol.stats.records.Add(outcome.value().accepted);
        shared->Send(WriteReport(outcome.value(), protocol.partial));
      },
      [&](const write::WriteOutcome& outcome) {
        rejections_.RecordRows(refused, outcome.rejections);
      });
}

Result<DecodedBody> WriteRoutes::Read(const Endpoint& endpoint, const http::Request& request,
                                      const std::string& database) {
  TRY(CheckWriteRequest(request, endpoint.database_parameter));
  const WritableSchemas schemas(tables_, database, request.principal);
  auto body = TRY(DecodeBody(endpoint.protocol, request, schemas));
  TRY(AuthorizeBody(body, [&](std::string_view measurement) {
    return request.principal.Authorize(Permission::kWrite, database, measurement);
  }));
  return body;
}

void WriteRoutes::Refuse(Protocol& protocol, const Error& error, http::Responder responder) {
  errors_.Add();
  protocol.stats.errors.Add();
  responder.Send(http::BodyErrorAnswer(error));
}

Result<DecodedBody> WriteRoutes::DecodeBody(Protocol& protocol, const http::Request& request,
                                            const SchemaSource& schemas) {
  std::string_view body = request.body;
  if (body.empty()) return Invalid(protocol.no_body);
  TRY(CheckPacking(body));
  std::string inflated;
  const auto encoding = ingest::DetectEncoding(body);
  if (encoding != ingest::BodyEncoding::kIdentity) {
    protocol.stats.packed_bytes.Add(body.size());
    inflated = TRY(ingest::Inflate(body, encoding, body_bytes_max_));
    body = inflated;
  }
  bytes_.Add(body.size());
  protocol.stats.bytes.Add(body.size());
  auto decoded = TRY((this->*protocol.decode)(request, body, schemas));
  if (decoded.measurements.empty() && decoded.rejections.count == 0) {
    return Invalid("No valid records in request");
  }
  return decoded;
}

Result<DecodedBody> WriteRoutes::DecodeLineProtocol(const http::Request& request,
                                                    std::string_view body,
                                                    const SchemaSource& schemas) {
  ingest::LineProtocolOptions options;
  options.precision = TRY(ingest::ParsePrecision(request.QueryValue("precision").value_or("")));
  options.now_micros = clock_.NowMicros();
  options.times = times_.At(options.now_micros);
  return line_protocol_decoders_.Borrow()->Decode(body, options, schemas);
}

Result<DecodedBody> WriteRoutes::DecodeMsgpack(const http::Request&, std::string_view body,
                                               const SchemaSource& schemas) {
  if (auto problem = TextProblem(body)) return *std::move(problem);
  const auto now = clock_.NowMicros();
  return msgpack_decoders_.Borrow()->Decode(body, {now, times_.At(now)}, schemas);
}

Result<DecodedBody> WriteRoutes::DecodeTle(const http::Request& request, std::string_view body,
                                           const SchemaSource&) {
  const auto measurement = TRY(TleMeasurement(request));
  return ingest::DecodeTle(body, measurement, times_.At(clock_.NowMicros()));
}

http::Response WriteRoutes::MsgpackStats() const {
  const auto& stats = msgpack_.stats;
  const auto requests = stats.requests.value();
  const auto errors = stats.errors.value();
  const auto error_rate =
      requests == 0 ? 0.0 : static_cast<double>(errors) / static_cast<double>(requests);
  return JsonAnswer(
      {{"decoder", json::object{{"total_decoded", stats.records.value()},
                                {"total_errors", errors},
                                {"error_rate", error_rate}}},
       {"buffer",
        json::object{{"total_records_buffered", records_.value()},
                     {"total_records_written", flushed_records_.value()},
                     {"total_flushes", flushes_.value()},
                     {"total_errors", flush_failures_.value()},
                     {"active_buffers", tables_.ListUnflushed(tables_.visible_lsn()).size()}}}});
}

}  // namespace arc::api
