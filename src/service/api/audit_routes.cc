#include "service/api/audit_routes.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

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
json::object ToJson(const audit::AuditEntry& entry) {
  return {{"id", entry.timestamp},
          {"timestamp", Rfc3339(entry.timestamp)},
          {"event_type", entry.event_type},
          {"actor", entry.actor},
          {"method", entry.method},
          {"path", entry.path},
          {"database", entry.database},
          {"status_code", entry.status_code},
          {"ip_address", entry.ip_address},
          {"user_agent", entry.user_agent},
          {"duration_ms", entry.duration_ms},
          {"detail", entry.detail}};
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
  return JsonAnswer({{"success", true},
                     {"data", JsonItems(entries.value(), ToJson)},
                     {"count", entries.value().size()}});
}

http::Response AuditRoutes::CountEntries(const http::Request& request) {
  const auto since = TimeIn(request, "since", clock_.NowMicros() - kDayMicros);
  if (!since.ok()) return http::AccessErrorAnswer(since.error());
  const auto counts = audit::CountEvents(log_, files_, since.value());
  if (!counts.ok()) return http::AccessErrorAnswer(counts.error());
  std::uint64_t total = 0;
  json::object by_event_type;
  for (const auto& [event_type, count] : counts.value()) {
    by_event_type.emplace(event_type, count);
    total += count;
  }
  return JsonAnswer({{"success", true},
                     {"data", json::object{{"since", Rfc3339(since.value())},
                                           {"total", total},
                                           {"by_event_type", std::move(by_event_type)}}}});
}

}  // namespace arc::api
