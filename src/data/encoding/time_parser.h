// Reads times as files write them, into microseconds since 1970-01-01T00:00:00Z.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::encoding {

// kTimeMin to kTimeMax, for messages.
inline constexpr std::string_view kTimeRange = "290309-12-22 BC to 294247-01-10";

// The message for a time outside of this range, written as `text`.
std::string OutsideTimeRange(std::string_view text);

// Reads the times of one column. Without a format, the first number with a clear meaning decides
// how all later numbers are read. A number is
//
// - a date, when its digits are YYYYMMDD, alone or followed by HHMM, HHMMSS or HHMMSS and
//   milliseconds, in UTC, with a year from 1900 to 2100;
// - unclear, and refused as long as no number has decided, when it may be a date in another form as
//   well as a count: a year (YYYY), a month (YYYYMM), an hour (YYYYMMDDHH), DDMMYYYY, MMDDYYYY, or
//   a day of a spreadsheet (20,000 to 80,000, the years 1954 to 2119);
// - else a count since 1970. Its size decides the unit: below 10^10 seconds, below 10^13
//   milliseconds, below 10^16 microseconds, else nanoseconds.
//
// Parts of a microsecond are rounded down, towards the past; decimal fractions are read exactly.
// Texts are as in time/date_and_time.h, or a number as above.
//
// Threads: one at a time.
class TimeParser {
 public:
  // `format`: "" or epoch_s, epoch_ms, epoch_us, epoch_ns. Fails with kInvalidInput.
  static Result<TimeParser> ForFormat(std::string_view format);

  // Nothing when the value is not a time, or outside of kTimeRange.
  std::optional<std::int64_t> FromInteger(std::int64_t value);
  std::optional<std::int64_t> FromDouble(double value);
  std::optional<std::int64_t> FromText(std::string_view text);

  // Why the value written as `text` was refused, and what to do about it.
  std::string WhyNot(std::string_view text) const;

 private:
  enum class Unit : std::uint8_t { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds, kDigits };
  struct Number;

  static std::optional<Number> NumberOf(std::string_view text);
  static std::optional<std::int64_t> MicrosOf(const Number& number, Unit unit);
  // Nothing when the meaning of the number is unclear.
  static std::optional<Unit> UnitOf(const Number& number);
  std::optional<std::int64_t> FromNumber(const Number& number);

  std::optional<Unit> unit_;
};

}  // namespace arc::encoding
