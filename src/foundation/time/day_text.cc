#include "foundation/time/day_text.h"

#include <chrono>

#include "foundation/text/parse_number.h"

namespace arc {

std::optional<std::int64_t> ParseDay(std::string_view text) {
  constexpr std::string_view kMonthAndDay = "-MM-DD";
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() < 4 + kMonthAndDay.size()) return std::nullopt;
  const auto rest = text.substr(text.size() - kMonthAndDay.size());
  const auto number = [](std::string_view digits) -> std::optional<int> {
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return ParseNumber<int>(digits);
  };
  const auto year = number(text.substr(0, text.size() - kMonthAndDay.size()));
  const auto month = number(rest.substr(1, 2));
  const auto day = number(rest.substr(4, 2));
  constexpr int kYearMax = 32'767;
  if (!year || !month || !day || rest[0] != '-' || rest[3] != '-' || *year > kYearMax) return {};
  const std::chrono::year_month_day date{std::chrono::year(is_negative ? -*year : *year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  constexpr std::int64_t kMicrosOfDay = 86'400'000'000;
  return std::chrono::sys_days(date).time_since_epoch().count() * kMicrosOfDay;
}

}  // namespace arc
