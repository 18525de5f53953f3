#include "access/auth/usage_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace arc::auth {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

std::chrono::seconds Left(std::int64_t now, std::int64_t length) {
  const auto left = length - now % length;
  return std::chrono::seconds((left + kSecond - 1) / kSecond);
}

UsageRefusal Refusal(std::string_view what, std::int64_t most, std::string_view window,
                     std::chrono::seconds retry_after) {
  return {fmt::format("Rate limit exceeded: {} {} per {} (the token's policy)", most, what, window),
          retry_after};
}

// What a sliding window of `length` sees at `now`.
double Sliding(std::int64_t count, std::int64_t count_before, std::int64_t now,
               std::int64_t length) {
  const auto left = 1.0 - static_cast<double>(now % length) / static_cast<double>(length);
  return static_cast<double>(count) + static_cast<double>(count_before) * left;
}

}  // namespace

// A clock that was set back begins no window anew; what was counted in a time that is far off now
// counts in the present one.
void UsageMeter::MoveTo(std::int64_t number, Window& window) {
  if (window.number == number || window.number == number + 1) return;
  if (window.number > number) {
    window.number = number;
    return;
  }
  window.count_before = window.number + 1 == number ? window.count : 0;
  window.count = 0;
  window.number = number;
}

UsageMeter::Windows UsageMeter::WindowsOf(std::int64_t token_id) const {
  const auto found = windows_.find(token_id);
  auto windows = found == windows_.end() ? Windows{} : found->second;
  const auto now = clock_.NowMicros();
  MoveTo(now / kMinute, windows.request_minute);
  MoveTo(now / kHour, windows.request_hour);
  MoveTo(now / kHour, windows.query_hour);
  MoveTo(now / kDay, windows.query_day);
  return windows;
}

std::optional<UsageRefusal> UsageMeter::CountRequest(std::int64_t token_id,
                                                     const PolicyLimits& limits) {
  if (limits.requests_per_minute == 0 && limits.requests_per_hour == 0) return std::nullopt;
  MutexLock lock(mutex_);
  auto& windows = windows_[token_id] = WindowsOf(token_id);
  const auto now = clock_.NowMicros();
  const auto is_full = [now](const Window& window, std::int64_t length, std::int64_t most) {
    return most > 0 &&
           Sliding(window.count, window.count_before, now, length) + 1 > static_cast<double>(most);
  };
  if (is_full(windows.request_minute, kMinute, limits.requests_per_minute)) {
    return Refusal("requests", limits.requests_per_minute, "minute",
                   std::min(Left(now, kMinute), std::chrono::seconds(60)));
  }
  if (is_full(windows.request_hour, kHour, limits.requests_per_hour)) {
    return Refusal("requests", limits.requests_per_hour, "hour", Left(now, kHour));
  }
  windows.request_minute.count++;
  windows.request_hour.count++;
  return std::nullopt;
}

std::optional<UsageRefusal> UsageMeter::CountQuery(std::int64_t token_id,
                                                   const PolicyLimits& limits) {
  MutexLock lock(mutex_);
  auto& windows = windows_[token_id] = WindowsOf(token_id);
  const auto now = clock_.NowMicros();
  if (limits.queries_per_hour > 0 && windows.query_hour.count >= limits.queries_per_hour) {
    return Refusal("queries", limits.queries_per_hour, "hour", Left(now, kHour));
  }
  if (limits.queries_per_day > 0 && windows.query_day.count >= limits.queries_per_day) {
    return Refusal("queries", limits.queries_per_day, "day", Left(now, kDay));
  }
  windows.query_hour.count++;
  windows.query_day.count++;
  return std::nullopt;
}

Usage UsageMeter::UsageOf(std::int64_t token_id) const {
  MutexLock lock(mutex_);
  const auto windows = WindowsOf(token_id);
  const auto now = clock_.NowMicros();
  const auto sliding = [now](const Window& window, std::int64_t length) {
    return static_cast<std::int64_t>(
        std::ceil(Sliding(window.count, window.count_before, now, length)));
  };
  return {.queries_this_hour = windows.query_hour.count,
          .queries_this_day = windows.query_day.count,
          .hour_reset_at = (now / kHour + 1) * kHour,
          .day_reset_at = (now / kDay + 1) * kDay,
          .requests_this_minute = sliding(windows.request_minute, kMinute),
          .requests_this_hour = sliding(windows.request_hour, kHour)};
}

}  // namespace arc::auth
