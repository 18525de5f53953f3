#include "data/ingest/msgpack/timestamps.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "data/ingest/msgpack/reader.h"
#include "foundation/base/check.h"

namespace arc::ingest::msgpack {
namespace {

constexpr std::int8_t kTimestampExtension = -1;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::uint32_t kNanosPerSecond = 1'000'000'000;

template <class T>
TimeUnit UnitOfMagnitude(T magnitude) {
  if (magnitude < T{10'000'000'000}) return TimeUnit::kSeconds;
  if (magnitude < T{10'000'000'000'000}) return TimeUnit::kMilliseconds;
  if (magnitude < T{10'000'000'000'000'000}) return TimeUnit::kMicroseconds;
  return TimeUnit::kNanoseconds;
}

std::int64_t FloorDivideBy1000(std::int64_t value) { return value / 1000 - (value % 1000 < 0); }

bool IntegerToMicros(std::int64_t value, TimeUnit unit, std::int64_t& micros) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return !__builtin_mul_overflow(value, kMicrosPerSecond, &micros);
    case TimeUnit::kMilliseconds:
      return !__builtin_mul_overflow(value, std::int64_t{1000}, &micros);
    case TimeUnit::kMicroseconds:
      micros = value;
      return true;
    case TimeUnit::kNanoseconds:
      micros = FloorDivideBy1000(value);
      return true;
  }
  return false;
}

bool FloatToMicros(double value, TimeUnit unit, std::int64_t& micros) {
  double scaled = value;
  if (unit == TimeUnit::kSeconds) scaled = value * 1e6;
  if (unit == TimeUnit::kMilliseconds) scaled = value * 1e3;
  if (unit == TimeUnit::kNanoseconds) scaled = value / 1e3;
  scaled = std::floor(scaled);
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (!(scaled >= -kTwoTo63 && scaled < kTwoTo63)) return false;  // NaN as well
  micros = static_cast<std::int64_t>(scaled);
  return true;
}

// timestamp := seconds:u32 | nanoseconds:30 bits, seconds:34 bits | nanoseconds:u32, seconds:i64
bool ExtensionToMicros(const Value& value, std::int64_t& micros) {
  if (value.extension_type != kTimestampExtension) return false;
  const char* const bytes = value.bytes.data();
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  if (value.bytes.size() == 4) {
    seconds = LoadBigEndian<std::uint32_t>(bytes);
  } else if (value.bytes.size() == 8) {
    const auto both = LoadBigEndian<std::uint64_t>(bytes);
    seconds = static_cast<std::int64_t>(both & ((std::uint64_t{1} << 34) - 1));
    nanoseconds = static_cast<std::uint32_t>(both >> 34);
  } else if (value.bytes.size() == 12) {
    nanoseconds = LoadBigEndian<std::uint32_t>(bytes);
    seconds = LoadBigEndian<std::int64_t>(bytes + 4);
  } else {
    return false;
  }
  return nanoseconds < kNanosPerSecond &&
         !__builtin_mul_overflow(seconds, kMicrosPerSecond, &micros) &&
         !__builtin_add_overflow(micros, std::int64_t{nanoseconds / 1000}, &micros);
}

bool IsNumber(Kind kind) {
  return kind == Kind::kInteger || kind == Kind::kHugeInteger || kind == Kind::kFloat;
}

std::string_view NameOf(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return "seconds";
    case TimeUnit::kMilliseconds:
      return "milliseconds";
    case TimeUnit::kMicroseconds:
      return "microseconds";
    case TimeUnit::kNanoseconds:
      return "nanoseconds";
  }
  __builtin_unreachable();
}

// Requires: IsNumber(value.kind).
double NumberOf(const Value& value) {
  if (value.kind == Kind::kFloat) return value.number;
  return value.kind == Kind::kInteger ? static_cast<double>(value.integer)
                                      : static_cast<double>(value.huge_integer);
}

}  // namespace

TimeUnit DetectUnit(const Value& value) {
  switch (value.kind) {
    case Kind::kInteger: {
      const auto bits = static_cast<std::uint64_t>(value.integer);
      return UnitOfMagnitude(value.integer < 0 ? 0 - bits : bits);
    }
    case Kind::kHugeInteger:
      return TimeUnit::kNanoseconds;
    case Kind::kFloat:
      return UnitOfMagnitude(std::abs(value.number));
    default:
      return TimeUnit::kMicroseconds;
  }
}

TimeUnit DetectUnit(const Reader& body, const ArraySlice& column) {
  Reader cursor(body, column.values);
  Value value;
  for (std::uint64_t i = 0; i < column.count; i++) {
    CHECK(cursor.ReadWhole(kDepthInColumn, value), "a scanned column cannot be read again");
    if (IsNumber(value.kind)) break;
  }
  return DetectUnit(value);
}

bool ToMicros(const Value& value, TimeUnit unit, std::int64_t& micros) {
  switch (value.kind) {
    case Kind::kInteger:
      return IntegerToMicros(value.integer, unit, micros);
    case Kind::kHugeInteger:  // so large a number can only be nanoseconds
      micros = static_cast<std::int64_t>(value.huge_integer / 1000);
      return unit == TimeUnit::kNanoseconds;
    case Kind::kFloat:
      return FloatToMicros(value.number, unit, micros);
    case Kind::kExtension:
      return ExtensionToMicros(value, micros);
    default:
      return false;
  }
}

Refusal TimeProblem(const Value& value, TimeUnit unit, const TimeLimits& limits) {
  const bool is_number = IsNumber(value.kind);
  const auto likely = is_number ? LikelyUnitOf(NumberOf(value), limits.now_micros) : "";
  const auto hint = likely.empty() || likely == NameOf(unit)
                        ? std::string()
                        : fmt::format("{} among times in {}?", likely, NameOf(unit));
  std::int64_t micros = 0;
  if (ToMicros(value, unit, micros)) return TimeRefusal(micros, limits, hint);
  if (is_number) {
    return {RefusalKind::kTime,
            fmt::format("the time is out of range{}{}", hint.empty() ? "" : ": ", hint)};
  }
  if (value.kind == Kind::kExtension && value.extension_type == kTimestampExtension) {
    return {RefusalKind::kTime,
            "the time is a timestamp extension that is malformed or out of range"};
  }
  return {RefusalKind::kTime, fmt::format("the time is {}, not a number", Describe(value.kind)),
          value.kind == Kind::kString ? Quoted(value.bytes) : std::string()};
}

bool ToMicros(const Reader& body, const ArraySlice& column, TimeUnit unit, const TimeLimits& limits,
              std::vector<std::int64_t>& times) {
  times.resize(column.count);
  Reader cursor(body, column.values);
  Value value;
  for (auto& time : times) {
    CHECK(cursor.ReadWhole(kDepthInColumn, value), "a scanned column cannot be read again");
    if (!ToMicros(value, unit, time) || !limits.Allow(time)) return false;
  }
  return true;
}

}  // namespace arc::ingest::msgpack
