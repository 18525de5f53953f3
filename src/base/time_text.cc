#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

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

// Two digits, of a number below 100.
char* WriteTwo(char* to, unsigned number) {
  to[0] = static_cast<char>('0' + number / 10);
  to[1] = static_cast<char>('0' + number % 10);
  return to + 2;
}

char* WriteDateTime(char* to, std::int64_t seconds) {
  const auto days = FloorDivide(seconds, kSecondsPerDay);
  const auto second_of_day = static_cast<unsigned>(seconds - days * kSecondsPerDay);
  const auto date = CivilFromDays(days);
  if (date.year < 0 || date.year > 9999) {
    to = fmt::format_to(to, "{:+05}", date.year);
  } else {
    to = WriteTwo(to, static_cast<unsigned>(date.year / 100));
    to = WriteTwo(to, static_cast<unsigned>(date.year % 100));
  }
  *to++ = '-';
  to = WriteTwo(to, date.month);
  *to++ = '-';
  to = WriteTwo(to, date.day);
  *to++ = 'T';
  to = WriteTwo(to, second_of_day / 3600);
  *to++ = ':';
  to = WriteTwo(to, second_of_day / 60 % 60);
  *to++ = ':';
  return WriteTwo(to, second_of_day % 60);
}

// `digits` digits of a fraction, without trailing zeros.
char* WriteFraction(char* to, std::int64_t fraction, int digits) {
  if (fraction == 0) return to;
  *to++ = '.';
  for (int i = digits - 1; i >= 0; i--) {
    to[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  to += digits;
  while (to[-1] == '0') to--;
  return to;
}

char* Write(char* to, std::int64_t units, std::int64_t per_second, int digits) {
  to = WriteDateTime(to, FloorDivide(units, per_second));
  const auto remainder = units % per_second;
  to = WriteFraction(to, remainder < 0 ? remainder + per_second : remainder, digits);
  *to++ = 'Z';
  return to;
}

}  // namespace

char* WriteRfc3339(char* to, std::int64_t micros) { return Write(to, micros, 1'000'000, 6); }

char* WriteRfc3339Nanos(char* to, std::int64_t nanos) { return Write(to, nanos, 1'000'000'000, 9); }

void AppendRfc3339(std::string& out, std::int64_t micros) {
  char text[kRfc3339BytesMax];
  out.append(text, WriteRfc3339(text, micros));
}

void AppendRfc3339Nanos(std::string& out, std::int64_t nanos) {
  char text[kRfc3339BytesMax];
  out.append(text, WriteRfc3339Nanos(text, nanos));
}

std::string Rfc3339(std::int64_t micros) {
  std::string text;
  AppendRfc3339(text, micros);
  return text;
}

std::optional<std::int64_t> ParseRfc3339(std::string_view text) {
  // "YYYY-MM-DDTHH:MM:SS", then a fraction, then "Z" or "+HH:MM".
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  constexpr std::string_view kOffsetShape = "dd:dd";
  const auto has_shape = [](std::string_view part, std::string_view shape) {
    if (part.size() < shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); i++) {
      const bool is_digit = part[i] >= '0' && part[i] <= '9';
      if (shape[i] == 'd' ? !is_digit : part[i] != shape[i]) return false;
    }
    return true;
  };
  const auto number = [](std::string_view digits) {
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
  };
  if (!has_shape(text, kShape)) return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year(number(text.substr(0, 4))),
      std::chrono::month(static_cast<unsigned>(number(text.substr(5, 2)))),
      std::chrono::day(static_cast<unsigned>(number(text.substr(8, 2))))};
  const auto hours = number(text.substr(11, 2));
  const auto minutes = number(text.substr(14, 2));
  const auto seconds = number(text.substr(17, 2));
  if (!day.ok() || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  text.remove_prefix(kShape.size());
  std::int64_t micros = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return std::nullopt;
    for (std::size_t i = 0; i < 6; i++) micros = micros * 10 + (i < digits ? text[i] - '0' : 0);
    text.remove_prefix(digits);
  }
  std::int64_t offset_minutes = 0;
  if (text != "Z") {
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    if (!has_shape(text.substr(1), kOffsetShape)) return std::nullopt;
    offset_minutes = number(text.substr(1, 2)) * 60 + number(text.substr(4, 2));
    if (number(text.substr(1, 2)) > 23 || number(text.substr(4, 2)) > 59) return std::nullopt;
    if (text[0] == '-') offset_minutes = -offset_minutes;
  }
  const auto days = std::chrono::sys_days(day).time_since_epoch().count();
  const auto whole =
      ((std::int64_t{days} * 24 + hours) * 60 + minutes - offset_minutes) * 60 + seconds;
  return whole * 1'000'000 + micros;
}

}  // namespace arc
