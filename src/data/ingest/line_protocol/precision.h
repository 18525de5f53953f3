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
  kAuto,  // the magnitude of each timestamp decides: UnitOfMagnitude
};

// The value of the parameter `precision`: "" and "ns" or "n", "us" or "u" or "µs", "ms", "s", "m",
// "h", "auto". Fails with kInvalidInput for any other word; for one like "seconds" the message
// names the right word.
Result<Precision> ParsePrecision(std::string_view word);

// WordOf is the word of the parameter ("ms"), NameOf the name for people ("milliseconds"). Both are
// "auto" for kAuto.
std::string_view WordOf(Precision precision);
std::string_view NameOf(Precision precision);

// Seconds below 10^10 (the year 2286), milliseconds below 10^13, microseconds below 10^16, else
// nanoseconds; before 1970 as after it. MessagePack is read by the same limits.
Precision UnitOfMagnitude(std::int64_t timestamp);

// Converts a timestamp to microseconds; nanoseconds are rounded down, also before 1970. Returns
// false and leaves `micros` alone when the result does not fit into 64 bits.
bool ToMicros(std::int64_t timestamp, Precision precision, std::int64_t& micros);

}  // namespace arc::ingest
