#include "service/api/rejection_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "foundation/base/log.h"
#include "foundation/time/time_text.h"

namespace arc::api {
namespace {

constexpr std::string_view kOthers = "(others)";

void LogLine(const std::string& line) { LogWarning("{}", line); }

// `place`: the name of its number; null when there is none.
json::object EntryOf(const RefusedRequest& request, std::int64_t now_micros,
                     const Rejection& rejection, const char* place) {
  json::object entry{{"time", Rfc3339(now_micros)},
                     {"database", request.database},
                     {"measurement", rejection.measurement},
                     {"reason", InfluxWordsOf(rejection.kind)},
                     {"endpoint", request.endpoint},
                     {"token", request.token},
                     {"client", request.client}};
  if (place != nullptr) entry.emplace(place, rejection.line);
  entry.emplace("message", ShownText(rejection.message));
  entry.emplace("text", rejection.text);
  return entry;
}

}  // namespace

std::string_view InfluxWordsOf(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::kUnreadable:
      return "unable to parse";
    case RefusalKind::kTypeConflict:
      return "field type conflict";
    case RefusalKind::kTime:
    case RefusalKind::kLimit:
      return "unable to parse or store";
  }
  __builtin_unreachable();
}

std::string PlaceOf(const Rejection& rejection, bool counts_lines) {
  if (counts_lines) return fmt::format("line {}: ", rejection.line);
  const auto place = fmt::format("item {}", rejection.line);
  return rejection.message.starts_with(place) ? "" : fmt::format("{}: ", place);
}

RejectionLog::RejectionLog(std::size_t kept_max, const Clock& clock, LineSink log)
    : kept_max_(kept_max), clock_(clock), log_(log == nullptr ? LogLine : log) {}

void RejectionLog::RecordRows(const RefusedRequest& request, const RejectionReport& report) {
  LogRows(request, report);
  if (kept_max_ == 0) return;
  const auto now = clock_.NowMicros();
  for (const auto& rejection : report.first) {
    const auto* place = request.counts_lines ? "line" : "item";
    Keep({request.database, rejection.measurement, rejection.kind},
         EntryOf(request, now, rejection, place));
  }
}

void RejectionLog::RecordRequest(const RefusedRequest& request, const Error& error) {
  if (kept_max_ == 0) return;
  const Rejection whole{0, error.message, RefusalKind::kUnreadable, {}, {}, {}};
  Keep({request.database, {}, whole.kind}, EntryOf(request, clock_.NowMicros(), whole, nullptr));
}

json::object RejectionLog::ToJson() const {
  json::array rejections;
  {
    const MutexLock lock(mutex_);
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      rejections.emplace_back(entry->json);
    }
  }
  return {{"rejections", std::move(rejections)}, {"kept_max", kept_max_}};
}

void RejectionLog::Keep(Kind kind, json::object entry) {
  const MutexLock lock(mutex_);
  if (entries_.size() == kept_max_) EvictLocked();
  counts_[kind]++;
  entries_.push_back({std::move(kind), std::move(entry)});
}

void RejectionLog::EvictLocked() {
  const auto most = std::max_element(
      counts_.begin(), counts_.end(),
      [](const auto& left, const auto& right) { return left.second < right.second; });
  // Where no kind has more than one, the oldest goes.
  const auto victim = most->second == 1
                          ? entries_.begin()
                          : std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
                              return entry.kind == most->first;
                            });
  const auto count = counts_.find(victim->kind);
  if (--count->second == 0) counts_.erase(count);
  entries_.erase(victim);
}

RejectionLog::Logged& RejectionLog::LoggedOfLocked(const Kind& kind, Clock::SteadyTime now) {
  if (const auto found = logged_.find(kind); found != logged_.end()) return found->second;
  if (logged_.size() >= kLoggedKindsMax) {
    std::erase_if(logged_, [&](const auto& entry) { return entry.second.next_line <= now; });
  }
  if (logged_.size() < kLoggedKindsMax) return logged_[kind];
  return logged_[{std::string(kOthers), {}, RefusalKind::kUnreadable}];
}

// The lines are made under the lock and written without it.
void RejectionLog::LogRows(const RefusedRequest& request, const RejectionReport& report) {
  std::map<Kind, std::pair<const Rejection*, std::uint64_t>> kinds;
  for (const auto& rejection : report.first) {
    auto& [first, count] = kinds[{request.database, rejection.measurement, rejection.kind}];
    if (first == nullptr) first = &rejection;
    count++;
  }
  const auto untold = report.count - report.first.size();
  const auto now = clock_.NowSteady();
  std::vector<std::string> lines;
  {
    const MutexLock lock(mutex_);
    for (const auto& [kind, seen] : kinds) {
      const auto& [first, count] = seen;
      auto& logged = LoggedOfLocked(kind, now);
      logged.unsaid += count;
      if (now < logged.next_line) continue;
      lines.push_back(fmt::format("write: refused {} rows, database {}, {} from {}: {}: {}{}{}",
                                  logged.unsaid + untold, request.database, request.endpoint,
                                  request.client, InfluxWordsOf(first->kind),
                                  PlaceOf(*first, request.counts_lines), LogTextOf(*first),
                                  kept_max_ == 0 ? "" : " (GET /api/v1/rejections shows them)"));
      logged = {now + kLogInterval, 0};
    }
  }
  for (const auto& line : lines) log_(line);
}

}  // namespace arc::api
