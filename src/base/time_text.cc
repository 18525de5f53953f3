#include "base/time_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

namespace arc {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

// Days since 1970-01-01 to the proleptic Gregorian calendar: H. Hinnant, "chrono-Compatible
// Low-Level Date Algorithms", civil_from_days. Eras are 400 years, years begin in March.
Civil CivilFromDays(std::int64_t days) {
  days += 719'468;  // from 1970-01-01 to 0000-03-01
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year =
      static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

void AppendDateTime(std::string& out, std::int64_t seconds) {
  const auto days = FloorDivide(seconds, kSecondsPerDay);
  const auto second_of_day = static_cast<unsigned>(seconds - days * kSecondsPerDay);
  const auto date = CivilFromDays(days);
  auto to = std::back_inserter(out);
  if (date.year < 0 || date.year > 9999) {
    fmt::format_to(to, "{:+05}", date.year);
  } else {
    fmt::format_to(to, FMT_COMPILE("{:04}"), date.year);
  }
  fmt::format_to(to, FMT_COMPILE("-{:02}-{:02}T{:02}:{:02}:{:02}"), date.month, date.day,
                 second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
}

// `digits` digits of a fraction, without trailing zeros.
void AppendFraction(std::string& out, std::int64_t fraction, int digits) {
  if (fraction == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:0{}}", fraction, digits);
  while (out.back() == '0') out.pop_back();
}

void Append(std::string& out, std::int64_t units, std::int64_t per_second, int digits) {
  AppendDateTime(out, FloorDivide(units, per_second));
  const auto remainder = units % per_second;
  AppendFraction(out, remainder < 0 ? remainder + per_second : remainder, digits);
  out += 'Z';
}

}  // namespace

void AppendRfc3339(std::string& out, std::int64_t micros) { Append(out, micros, 1'000'000, 6); }

void AppendRfc3339Nanos(std::string& out, std::int64_t nanos) {
  Append(out, nanos, 1'000'000'000, 9);
}

std::string Rfc3339(std::int64_t micros) {
  std::string text;
  AppendRfc3339(text, micros);
  return text;
}

}  // namespace arc
