#include "service/api/audit_routes.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "foundation/text/json_text.h"
#include "foundation/time/date_and_time.h"
#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/request_parameters.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

constexpr std::uint64_t kLimitMax = 1000;
constexpr std::uint64_t kOffsetMax = 1'000'000;
constexpr std::int64_t kDayMicros = std::int64_t{24} * 3'600'000'000;

Result<std::int64_t> TimeIn(const http::Request& request, const char* name, std::int64_t absent) {
  const auto text = request.QueryValue(name).value_or("");
  if (text.empty()) return absent;
  if (const auto time = ParseRfc3339(text)) return *time;
  return Invalid(fmt::format("{} must be a time such as 2026-01-31T12:00:00Z", name));
}

Result<audit::AuditQuestion> QuestionIn(const http::Request& request) {
  audit::AuditQuestion question;
  question.event_type = TextIn(request, "event_type");
  question.actor = TextIn(request, "actor");
  question.database = TextIn(request, "database");
  question.since = TRY(TimeIn(request, "since", question.since));
  question.until = TRY(TimeIn(request, "until", question.until));
  question.limit = TRY(NumberIn(request, "limit", question.limit, kLimitMax));
  question.offset = TRY(NumberIn(request, "offset", 0, kOffsetMax));
  return question;
}

// `id`: the time of the entry and its place in the answer's order are all that names it.
std::string ToJson(const audit::AuditEntry& entry) {
  return fmt::format(
      R"({{"id":{},"timestamp":"{}","event_type":{},"actor":{},"method":{},"path":{},)"
      R"("database":{},"status_code":{},"ip_address":{},"user_agent":{},"duration_ms":{},)"
      R"("detail":{}}})",
      entry.timestamp, Rfc3339(entry.timestamp), JsonString(entry.event_type),
      JsonString(entry.actor), JsonString(entry.method), JsonString(entry.path),
      JsonString(entry.database), entry.status_code, JsonString(entry.ip_address),
      JsonString(entry.user_agent), entry.duration_ms, JsonString(entry.detail));
}

}  // namespace

std::vector<http::Route> AuditRoutes::Routes() {
  using http::Request;
  const auto route = [this](const char* pattern, auto answer) {
    return PooledAdminRoute(pool_, "GET", pattern, answer);
  };
  return {
      route("/api/v1/audit/logs", [this](Request& request) { return ListEntries(request); }),
      route("/api/v1/audit/stats", [this](Request& request) { return CountEntries(request); }),
  };
}

http::Response AuditRoutes::ListEntries(const http::Request& request) {
  const auto question = QuestionIn(request);
  if (!question.ok()) return http::AccessErrorAnswer(question.error());
  const auto entries = audit::ReadEntries(log_, files_, question.value());
  if (!entries.ok()) return http::AccessErrorAnswer(entries.error());
  return JsonAnswer(http::kOk,
                    fmt::format(R"({{"success":true,"data":[{}],"count":{}}})",
                                JsonItems(entries.value(), ToJson), entries.value().size()));
}

http::Response AuditRoutes::CountEntries(const http::Request& request) {
  const auto since = TimeIn(request, "since", clock_.NowMicros() - kDayMicros);
  if (!since.ok()) return http::AccessErrorAnswer(since.error());
  const auto counts = audit::CountEvents(log_, files_, since.value());
  if (!counts.ok()) return http::AccessErrorAnswer(counts.error());
  std::uint64_t total = 0;
  const auto items = JsonItems(counts.value(), [&total](const auto& counted) {
    total += counted.second;
    return fmt::format("{}:{}", JsonString(counted.first), counted.second);
  });
  return JsonAnswer(
      http::kOk,
      fmt::format(R"({{"success":true,"data":{{"since":"{}","total":{},"by_event_type":{{{}}}}}}})",
                  Rfc3339(since.value()), total, items));
}

}  // namespace arc::api
