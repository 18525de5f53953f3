// Turns the times of a body into microseconds since 1970-01-01T00:00:00Z.
//
// Numbers do not say their unit, so their size does: below 10^10 seconds, below 10^13
// milliseconds, below 10^16 microseconds, else nanoseconds. Fractions of a microsecond are cut off
// towards the past (floor). MessagePack's own timestamps (extension -1) say what they are.

#pragma once

#include <cstdint>
#include <vector>

#include "data/ingest/msgpack/item.h"
#include "data/ingest/msgpack/value.h"
#include "foundation/model/time_limits.h"

namespace arc::ingest::msgpack {

enum class TimeUnit : std::uint8_t { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };

// The unit of a number by its size. Anything but a number: kMicroseconds, which never matters.
TimeUnit DetectUnit(const Value& value);

// The unit for a whole time column: that of its first number, whether its row can be stored or not.
TimeUnit DetectUnit(const Reader& body, const ArraySlice& column);

// False when `value` is no time, or none that fits.
bool ToMicros(const Value& value, TimeUnit unit, std::int64_t& micros);

// Says why ToMicros has refused `value`, read in `unit`; or, when it has not, why `limits` do.
Refusal TimeProblem(const Value& value, TimeUnit unit, const TimeLimits& limits);

// Sets `times` to those of a column. False when one of them is no time that `limits` allow: `times`
// is then undefined.
bool ToMicros(const Reader& body, const ArraySlice& column, TimeUnit unit, const TimeLimits& limits,
              std::vector<std::int64_t>& times);

}  // namespace arc::ingest::msgpack
