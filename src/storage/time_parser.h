// Times as files write them -> microseconds since 1970-01-01T00:00:00Z.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace arc::storage {

// Reads the times of one column. Without a format, numbers are epoch times whose unit the size of
// the first one tells: below 10^10 seconds, below 10^13 milliseconds, below 10^16 microseconds,
// else nanoseconds. Anything finer than a microsecond is cut off towards the past.
//
// Texts are as in base/date_and_time.h, or a number as above.
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

 private:
  enum class Unit : std::uint8_t { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };
  static Unit UnitOf(double magnitude);

  std::optional<Unit> unit_;
};

}  // namespace arc::storage
