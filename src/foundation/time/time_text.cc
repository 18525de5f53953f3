#include "foundation/time/time_text.h"

#include <fmt/format.h>

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

char* WriteDate(char* to, const Civil& date) {
  if (date.year < 0 || date.year > 9999) {
    to = fmt::format_to(to, "{:+05}", date.year);
  } else {
    to = WriteTwo(to, static_cast<unsigned>(date.year / 100));
    to = WriteTwo(to, static_cast<unsigned>(date.year % 100));
  }
  *to++ = '-';
  to = WriteTwo(to, date.month);
  *to++ = '-';
  return WriteTwo(to, date.day);
}

char* WriteDateTime(char* to, std::int64_t seconds) {
  const auto days = FloorDivide(seconds, kSecondsPerDay);
  const auto second_of_day = static_cast<unsigned>(seconds - days * kSecondsPerDay);
  to = WriteDate(to, CivilFromDays(days));
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

char* WriteDay(char* to, std::int64_t days) { return WriteDate(to, CivilFromDays(days)); }

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

}  // namespace arc
