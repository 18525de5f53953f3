// Turns the times of a body into microseconds since 1970-01-01T00:00:00Z.
//
// A number does not say its unit, so its size decides: below 10^10 seconds, below 10^13
// milliseconds, below 10^16 microseconds, else nanoseconds. Fractions of a microsecond are rounded
// down, towards the past. MessagePack's own timestamps (extension -1) have a fixed unit.

#pragma once

#include <cstdint>
#include <vector>

#include "data/ingest/msgpack/item.h"
#include "data/ingest/msgpack/value.h"
#include "foundation/model/time_limits.h"

namespace arc::ingest::msgpack {

enum class TimeUnit : std::uint8_t { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };

// The unit of a number by its size; kMicroseconds, which is never used, for anything else.
TimeUnit DetectUnit(const Value& value);

// The unit for a whole time column: that of its first number, even if that row cannot be stored.
TimeUnit DetectUnit(const Reader& body, const ArraySlice& column);

// False when `value` is not a time, or does not fit into 64 bits.
bool ToMicros(const Value& value, TimeUnit unit, std::int64_t& micros);

// Says why ToMicros has refused `value`, read in `unit`; or, when it has not, why `limits` do.
Refusal TimeProblem(const Value& value, TimeUnit unit, const TimeLimits& limits);

// Sets `times` to the times of a column. Returns false when one of the values is not a time, or not
// one that `limits` allow; `times` is then undefined.
bool ToMicros(const Reader& body, const ArraySlice& column, TimeUnit unit, const TimeLimits& limits,
              std::vector<std::int64_t>& times);

}  // namespace arc::ingest::msgpack
