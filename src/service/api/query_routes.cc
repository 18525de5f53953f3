#include "service/api/query_routes.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "foundation/text/parse_number.h"
#include "foundation/time/time_text.h"
#include "query/execution/show_statement.h"
#include "service/api/estimate_answer.h"
#include "service/api/json_answer.h"
#include "service/api/request_parameters.h"
#include "service/api/result_stream.h"
#include "service/api/table_read_request.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

constexpr std::uint64_t kHistoryDefault = 50;
constexpr std::uint64_t kHistoryMax = 1000;

json::object ToJson(const execution::QueryRecord& record) {
  json::object object{{"id", record.id},
                      {"sql", record.sql},
                      {"token_name", record.principal},
                      {"remote_addr", record.client_address},
                      {"status", NameOf(record.status)},
                      {"start_time", Rfc3339(record.started_at)},
                      {"duration_ms", Rounded(record.duration_ms, 3)},
                      {"row_count", record.row_count}};
  if (!record.error.empty()) object.emplace("error", record.error);
  return object;
}

http::Response List(const std::vector<execution::QueryRecord>& records) {
  return JsonAnswer(
      {{"success", true}, {"queries", JsonItems(records, ToJson)}, {"count", records.size()}});
}

http::Response NoSuchQuery() {
  return http::AccessErrorAnswer(
      {ErrorCode::kNotFound, "no such query: it never was, or has ended long ago"});
}

std::optional<execution::QueryId> IdIn(const http::Request& request) {
  return ParseNumber<execution::QueryId>(request.PathParameter("id"));
}

}  // namespace

QueryRoutes::QueryRoutes(execution::QueryService& queries, format::Spool& spool,
                         auth::RequestLimits& limits, const Clock& clock)
    : queries_(queries), spool_(spool), limits_(limits), clock_(clock) {}

std::vector<http::Route> QueryRoutes::Routes() {
  using auth::Permission;
  using http::BodyMode;
  const auto query = [this](const char* pattern, format::FormatName preset) {
    return http::Route{"POST", pattern, Permission::kRead, BodyMode::kMemory,
                       [this, preset](http::Request request, http::Responder responder) {
                         Query(std::move(request), std::move(responder), preset);
                       }};
  };
  const auto control = [](const char* method, const char* pattern, auto answer) {
    return http::Route{method, pattern, Permission::kAdmin, BodyMode::kMemory,
                       [answer](http::Request request, http::Responder responder) {
                         responder.Send(answer(request));
                       }};
  };
  const auto table = [this](const char* pattern, format::FormatName format) {
    return http::Route{"GET",
                       pattern,
                       Permission::kRead,
                       BodyMode::kMemory,
                       [this, format](http::Request request, http::Responder responder) {
                         ReadTable(std::move(request), std::move(responder), format);
                       },
                       "database"};
  };
  using http::Request;
  return {
      query("/api/v1/query", format::FormatName::kJson),
      query("/api/v1/query/stream", format::FormatName::kNdjson),
      query("/api/v1/query/arrow", format::FormatName::kArrow),
      query("/api/v1/query/msgpack", format::FormatName::kMsgpack),
      table("/api/v1/query/:measurement", format::FormatName::kJson),
      table("/api/v1/query/:measurement/csv", format::FormatName::kCsv),
      {"POST", "/api/v1/query/estimate", Permission::kRead, BodyMode::kMemory,
       [this](Request request, http::Responder responder) {
         Estimate(std::move(request), std::move(responder));
       }},
      {"DELETE", "/api/v1/query/cursor/:cursor", Permission::kRead, BodyMode::kMemory,
       [this](const Request& request, http::Responder responder) {
         responder.Send(CloseCursor(request));
       }},
      control("GET", "/api/v1/queries/active", [this](const Request&) { return ListActive(); }),
      control("GET", "/api/v1/queries/history",
              [this](const Request& request) { return ListHistory(request); }),
      control("GET", "/api/v1/queries/:id",
              [this](const Request& request) { return Show(request); }),
      control("DELETE", "/api/v1/queries/:id",
              [this](const Request& request) { return Cancel(request); }),
  };
}

void QueryRoutes::Query(http::Request request, http::Responder responder,
                        format::FormatName preset) {
  auto parsed = ParseQueryCall(request, preset);
  if (!parsed.ok()) return responder.Send(QueryFailure(parsed.error(), preset, 0, clock_));
  Run(std::move(parsed).TakeValue(), std::move(responder));
}

void QueryRoutes::ReadTable(http::Request request, http::Responder responder,
                            format::FormatName format) {
  auto parsed = ParseTableRead(request, format);
  if (!parsed.ok()) return responder.Send(QueryFailure(parsed.error(), format, 0, clock_));
  Run(std::move(parsed).TakeValue(), std::move(responder));
}

std::optional<execution::QueryId> QueryRoutes::Begin(const execution::ClientQuery& query,
                                                     http::Responder& responder) {
  if (const auto refusal = limits_.CountQuery(query.principal)) {
    responder.Send(http::TooManyRequests(*refusal));
    return std::nullopt;
  }
  const auto id = queries_.NextId();
  responder.OnClientGone([this, id] { queries_.Cancel(id); });
  return id;
}

void QueryRoutes::Run(QueryCall call, http::Responder responder) {
  const auto id = Begin(call.query, responder);
  if (!id) return;
  auto stream =
      std::make_shared<ResultStream>(std::move(responder), *id, call.result, spool_, clock_);
  queries_.Run(*id, std::move(call.query), std::move(stream));
}

void QueryRoutes::Estimate(http::Request request, http::Responder responder) {
  auto parsed = ParseQueryCall(request, format::FormatName::kJson);
  if (!parsed.ok())
    return responder.Send(QueryFailure(parsed.error(), format::FormatName::kJson, 0, clock_));
  auto query = std::move(parsed).TakeValue().query;
  if (query.page_size || !query.cursor.empty()) {
    return responder.Send(
        http::AccessErrorAnswer(Invalid("a page has no estimate: leave cursor and page_size out")));
  }
  if (execution::ParseShow(query.sql))
    return responder.Send(http::AccessErrorAnswer(Invalid("SHOW has no estimate")));
  const auto id = Begin(query, responder);
  if (!id) return;
  query.what = execution::What::kEstimate;
  queries_.Run(*id, std::move(query),
               std::make_shared<EstimateAnswer>(std::move(responder), clock_));
}

http::Response QueryRoutes::CloseCursor(const http::Request& request) {
  const auto closed =
      queries_.CloseCursor(request.PathParameter("cursor"), request.principal.token_id);
  if (closed.ok()) return MessageAnswer("The cursor is closed");
  return QueryFailure(closed.error(), format::FormatName::kJson, 0, clock_);
}

http::Response QueryRoutes::ListActive() const { return List(queries_.log().Active()); }

http::Response QueryRoutes::ListHistory(const http::Request& request) const {
  const auto limit = NumberIn(request, "limit", kHistoryDefault, kHistoryMax);
  if (!limit.ok()) return http::AccessErrorAnswer(limit.error());
  return List(queries_.log().History(limit.value()));
}

http::Response QueryRoutes::Show(const http::Request& request) const {
  const auto id = IdIn(request);
  const auto record = id ? queries_.log().Find(*id) : std::nullopt;
  if (!record) return NoSuchQuery();
  return JsonAnswer({{"success", true}, {"query", ToJson(*record)}});
}

http::Response QueryRoutes::Cancel(const http::Request& request) {
  const auto id = IdIn(request);
  if (id && queries_.Cancel(*id)) {
    return MessageAnswer("The query is being cancelled");
  }
  if (!id || !queries_.log().Find(*id)) return NoSuchQuery();
  return http::AccessErrorAnswer({ErrorCode::kAlreadyExists, "the query has ended already"});
}

}  // namespace arc::api
