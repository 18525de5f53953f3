// The unit of a request's timestamps.

#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/base/result.h"

namespace arc::ingest {

enum class Precision {
  kNanoseconds,
  kMicroseconds,
  kMilliseconds,
  kSeconds,
  kMinutes,
  kHours,
  kAuto,  // each timestamp by its own magnitude: UnitOfMagnitude
};

// The value of the parameter `precision`: "" and "ns" or "n", "us" or "u" or "µs", "ms", "s", "m",
// "h", "auto". Fails with kInvalidInput for any other word; "seconds" and its like are told theirs.
Result<Precision> ParsePrecision(std::string_view word);

// "ms": the word of the parameter; and "milliseconds". Of kAuto, "auto" twice.
std::string_view WordOf(Precision precision);
std::string_view NameOf(Precision precision);

// Seconds below 10^10 (the year 2286), milliseconds below 10^13, microseconds below 10^16, else
// nanoseconds; before 1970 as after it. MessagePack is read by the same limits.
Precision UnitOfMagnitude(std::int64_t timestamp);

// A timestamp in microseconds; nanoseconds are floored, also before 1970. False, and `micros` is
// untouched, when the result does not fit in 64 bits.
bool ToMicros(std::int64_t timestamp, Precision precision, std::int64_t& micros);

}  // namespace arc::ingest
