#include "storage/time_parser.h"

#include <fmt/format.h>

#include <cmath>

#include "base/date_and_time.h"
#include "base/parse_number.h"

namespace arc::storage {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

}  // namespace

Result<TimeParser> TimeParser::ForFormat(std::string_view format) {
  TimeParser parser;
  if (format.empty()) return parser;
  if (format == "epoch_s") {
    parser.unit_ = Unit::kSeconds;
  } else if (format == "epoch_ms") {
    parser.unit_ = Unit::kMilliseconds;
  } else if (format == "epoch_us") {
    parser.unit_ = Unit::kMicroseconds;
  } else if (format == "epoch_ns") {
    parser.unit_ = Unit::kNanoseconds;
  } else {
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("time_format must be epoch_s, epoch_ms, epoch_us, epoch_ns or empty, "
                             "not {}",
                             format)};
  }
  return parser;
}

std::optional<std::int64_t> TimeParser::FromInteger(std::int64_t value) {
  if (!unit_) unit_ = UnitOf(std::abs(static_cast<double>(value)));
  std::int64_t micros = value;
  if (*unit_ == Unit::kNanoseconds) return value / 1000 - (value % 1000 < 0 ? 1 : 0);
  if (*unit_ == Unit::kMicroseconds) return micros;
  const std::int64_t factor = *unit_ == Unit::kSeconds ? kMicrosPerSecond : 1000;
  if (__builtin_mul_overflow(value, factor, &micros)) return std::nullopt;
  return micros;
}

std::optional<std::int64_t> TimeParser::FromDouble(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  if (!unit_) unit_ = UnitOf(std::abs(value));
  double micros = value;
  if (*unit_ == Unit::kSeconds) micros = value * 1e6;
  if (*unit_ == Unit::kMilliseconds) micros = value * 1e3;
  if (*unit_ == Unit::kNanoseconds) micros = value / 1e3;
  micros = std::floor(micros);
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (micros < -kTwoTo63 || micros >= kTwoTo63) return std::nullopt;
  return static_cast<std::int64_t>(micros);
}

std::optional<std::int64_t> TimeParser::FromText(std::string_view text) {
  if (const auto micros = ParseDateAndTime(text)) return micros;
  if (const auto integer = ParseNumber<std::int64_t>(text)) return FromInteger(*integer);
  if (const auto number = ParseNumber<double>(text)) return FromDouble(*number);
  return std::nullopt;
}

TimeParser::Unit TimeParser::UnitOf(double magnitude) {
  if (magnitude < 1e10) return Unit::kSeconds;
  if (magnitude < 1e13) return Unit::kMilliseconds;
  if (magnitude < 1e16) return Unit::kMicroseconds;
  return Unit::kNanoseconds;
}

}  // namespace arc::storage
