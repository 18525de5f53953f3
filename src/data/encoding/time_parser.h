// Times as files write them -> microseconds since 1970-01-01T00:00:00Z.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::encoding {

// kTimeMin to kTimeMax, for messages.
inline constexpr std::string_view kTimeRange = "290309-12-22 BC to 294247-01-10";

// Why a time, written as `text`, outside of it is none.
std::string OutsideTimeRange(std::string_view text);

// Reads the times of one column. Without a format, the first number tells what all numbers are:
//
// - a date when its digits are one of the years 1900 to 2100: YYYYMMDD and, behind it, HHMM, HHMMSS
//   or HHMMSS and milliseconds, in UTC;
// - nothing that is read when it may be another date as well as a count: a year (YYYY), a month
//   (YYYYMM), an hour (YYYYMMDDHH), DDMMYYYY, MMDDYYYY, or a day of a spreadsheet (20,000 to
//   80,000, of the years 1954 to 2119);
// - else a count since 1970, whose unit its size tells: below 10^10 seconds, below 10^13
//   milliseconds, below 10^16 microseconds, else nanoseconds.
//
// Anything finer than a microsecond is cut off towards the past; decimal fractions are exact.
// Texts are as in time/date_and_time.h, or a number as above.
//
// Threads: one at a time.
class TimeParser {
 public:
  // `format`: "" or epoch_s, epoch_ms, epoch_us, epoch_ns. Fails with kInvalidInput.
  static Result<TimeParser> ForFormat(std::string_view format);

  // Nothing when `value` is no time or none that fits.
  std::optional<std::int64_t> FromInteger(std::int64_t value);
  std::optional<std::int64_t> FromDouble(double value);
  std::optional<std::int64_t> FromText(std::string_view text);

  // Why there is nothing for a value that is `text`; with what to do about it.
  std::string WhyNot(std::string_view text) const;

 private:
  enum class Unit : std::uint8_t { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds, kDigits };
  struct Number;

  static std::optional<Number> NumberOf(std::string_view text);
  static std::optional<std::int64_t> MicrosOf(const Number& number, Unit unit);
  // Nothing when it is not clear what the number is.
  static std::optional<Unit> UnitOf(const Number& number);
  std::optional<std::int64_t> FromNumber(const Number& number);

  std::optional<Unit> unit_;
};

}  // namespace arc::encoding
