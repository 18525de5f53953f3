#include "api/query_routes.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "api/request_database.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "http/error_answer.h"

namespace arc::api {
namespace {

// The member "sql" of the JSON body; other members are ignored.
Result<std::string> SqlIn(const std::string& body) {
  boost::system::error_code error;
  const auto document = boost::json::parse(body, error);
  const auto* object = document.if_object();
  if (object == nullptr) {
    return Error{ErrorCode::kInvalidInput, "Invalid request body: not a JSON object"};
  }
  const auto* sql = object->if_contains("sql");
  if (sql == nullptr || !sql->is_string() || sql->get_string().empty()) {
    return Error{ErrorCode::kInvalidInput, "SQL query is required: {\"sql\": \"SELECT ...\"}"};
  }
  return std::string(sql->get_string());
}

// What every answer ends with.
struct Ending {
  double execution_ms;
  std::string timestamp;
};

http::Response Success(const query::JsonResult& result, const Ending& ending) {
  http::Response response;
  response.content_type = "application/json";
  response.body = fmt::format(
      R"({{"success":true,"columns":{},"data":[{}],"row_count":{},"execution_time_ms":{:.3f},)"
      R"("timestamp":"{}"}})",
      result.columns, result.rows, result.row_count, ending.execution_ms, ending.timestamp);
  return response;
}

http::Response Failure(const Error& error, const Ending& ending) {
  auto response = http::ErrorAnswer(error);
  response.body = fmt::format(
      R"({{"success":false,"columns":[],"data":[],"row_count":0,"execution_time_ms":{:.3f},)"
      R"("timestamp":"{}","error":{}}})",
      ending.execution_ms, ending.timestamp, JsonString(error.message));
  return response;
}

}  // namespace

QueryRoutes::QueryRoutes(query::QueryService& queries, const Clock& clock)
    : queries_(queries), clock_(clock) {}

std::vector<http::Route> QueryRoutes::Routes() {
  return {{"POST", "/api/v1/query", auth::Permission::kRead, http::BodyMode::kMemory,
           [this](http::Request request, http::Responder responder) {
             Query(std::move(request), std::move(responder));
           }}};
}

void QueryRoutes::Query(http::Request request, http::Responder responder) {
  const auto started = clock_.NowSteady();
  const auto ending = [this, started] {
    const std::chrono::duration<double, std::milli> elapsed = clock_.NowSteady() - started;
    return Ending{elapsed.count(), Rfc3339(clock_.NowMicros())};
  };
  auto sql = SqlIn(request.body);
  if (!sql.ok()) return responder.Send(Failure(sql.error(), ending()));
  query::ClientQuery query{std::move(sql).TakeValue(), std::string(NamedDatabase(request, "")),
                           request.principal};
  const auto shared = std::make_shared<http::Responder>(std::move(responder));
  queries_.Run(std::move(query), [shared, ending](Result<query::JsonResult> result) {
    shared->Send(result.ok() ? Success(result.value(), ending())
                             : Failure(result.error(), ending()));
  });
}

}  // namespace arc::api
