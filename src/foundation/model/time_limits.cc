#include "foundation/model/time_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "foundation/time/time_text.h"

namespace arc {
namespace {

// 2020-01-01. A machine without a clock of its own begins in 1970 until it has asked for the time:
// by that one all that is written would lie in the future.
constexpr std::int64_t kClockMin = 1'577'836'800'000'000;
constexpr double kMicrosPerDay = 86'400e6;
constexpr double kMicrosPerYear = 365.25 * kMicrosPerDay;

bool IsNear(double micros, std::int64_t now_micros) {
  return std::abs(micros - static_cast<double>(now_micros)) < 40 * kMicrosPerYear;
}

// "10 years", "36 hours": in the largest unit of which there are at least two.
std::string Span(std::int64_t micros) {
  struct Unit {
    const char* name;
    double micros;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{"years", kMicrosPerYear}, {"days", kMicrosPerDay}, {"hours", 3600e6}, {"minutes", 60e6}}};
  for (const auto& unit : kUnits) {
    const auto count = static_cast<double>(micros) / unit.micros;
    if (count >= 2) return fmt::format("{:.0f} {}", count, unit.name);
  }
  return fmt::format("{} seconds", micros / 1'000'000);
}

}  // namespace

TimeLimits TimeRule::At(std::int64_t now_micros) const {
  TimeLimits limits{min_micros, kTimeMax, now_micros};
  std::int64_t latest = 0;
  if (now_micros >= kClockMin && future_micros_max > 0 &&
      !__builtin_add_overflow(now_micros, future_micros_max, &latest)) {
    limits.max_micros = std::min(latest, kTimeMax);
  }
  return limits;
}

std::string_view LikelyUnitOf(double number, std::int64_t now_micros) {
  struct Unit {
    std::string_view name;
    double micros;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{"seconds", 1e6}, {"milliseconds", 1e3}, {"microseconds", 1}, {"nanoseconds", 1e-3}}};
  for (const auto& unit : kUnits) {
    if (IsNear(number * unit.micros, now_micros)) return unit.name;
  }
  return {};
}

Refusal TimeRefusal(std::int64_t micros, const TimeLimits& limits, std::string_view hint) {
  const auto time = Rfc3339(micros);
  auto reason = micros < limits.min_micros
                    ? fmt::format("the time {} is before {} (ingest.min_time)", time,
                                  Rfc3339(limits.min_micros))
                    : fmt::format("the time {} is more than {} ahead (ingest.max_future)", time,
                                  Span(limits.max_micros - limits.now_micros));
  if (!hint.empty()) reason.append(": ").append(hint);
  return {RefusalKind::kTime, std::move(reason)};
}

Refusal TimeRefusal(std::int64_t micros, const TimeLimits& limits) {
  for (const auto finer : {1e3, 1e6, 1e9}) {
    const auto likely = static_cast<double>(micros) / finer;
    if (!IsNear(likely, limits.now_micros)) continue;
    return TimeRefusal(
        micros, limits,
        fmt::format("in a unit {:.0f} times finer it would be {}; is the unit right?", finer,
                    Rfc3339(static_cast<std::int64_t>(likely))));
  }
  return TimeRefusal(micros, limits, "is it right, and in the right unit?");
}

}  // namespace arc
