#include "storage/time_parser.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "base/parse_number.h"

namespace arc::storage {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

// Takes a text apart from the left. Every step says whether it found what it looks for.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }
  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  char taken() const { return taken_; }

  // Exactly `digit_count` digits, as a number from `least` to `greatest`.
  bool TakeNumber(std::size_t digit_count, int least, int greatest, int& number) {
    number = 0;
    for (std::size_t i = 0; i < digit_count; i++) {
      if (!Take("0123456789")) return false;
      number = number * 10 + (taken_ - '0');
    }
    return least <= number && number <= greatest;
  }
  // One or more digits after a decimal point; what is finer than a microsecond is left out.
  bool TakeFraction(std::int64_t& micros) {
    std::int64_t place = kMicrosPerSecond / 10;
    std::size_t digit_count = 0;
    for (micros = 0; Take("0123456789"); digit_count++) {
      micros += place * (taken_ - '0');
      place /= 10;
    }
    return digit_count > 0;
  }

 private:
  std::string_view rest_;
  char taken_ = '\0';
};

bool TakeDate(Cursor& cursor, std::int64_t& days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!cursor.TakeNumber(4, 0, 9999, year) || !cursor.Take("-/")) return false;
  const std::string_view separator = cursor.taken() == '-' ? "-" : "/";
  if (!cursor.TakeNumber(2, 1, 12, month) || !cursor.Take(separator)) return false;
  if (!cursor.TakeNumber(2, 1, 31, day)) return false;
  const auto date = std::chrono::year(year) / month / day;
  if (!date.ok()) return false;
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

bool TakeTimeOfDay(Cursor& cursor, std::int64_t& micros) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t fraction = 0;
  if (!cursor.TakeNumber(2, 0, 23, hour) || !cursor.Take(":")) return false;
  if (!cursor.TakeNumber(2, 0, 59, minute)) return false;
  if (cursor.Take(":")) {
    if (!cursor.TakeNumber(2, 0, 59, second)) return false;
    if (cursor.Take(".") && !cursor.TakeFraction(fraction)) return false;
  }
  micros = (hour * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

// What stands between local time and UTC, east positive.
bool TakeOffset(Cursor& cursor, std::int64_t& micros) {
  micros = 0;
  if (cursor.AtEnd() || cursor.Take("Zz")) return true;
  if (!cursor.Take("+-")) return false;
  const int sign = cursor.taken() == '-' ? -1 : 1;
  int hours = 0;
  int minutes = 0;
  if (!cursor.TakeNumber(2, 0, 23, hours) || !cursor.Take(":")) return false;
  if (!cursor.TakeNumber(2, 0, 59, minutes)) return false;
  micros = sign * (hours * 3600 + minutes * 60) * kMicrosPerSecond;
  return true;
}

std::optional<std::int64_t> ParseDateAndTime(std::string_view text) {
  Cursor cursor(text);
  std::int64_t days = 0;
  std::int64_t time_of_day = 0;
  std::int64_t offset = 0;
  if (!TakeDate(cursor, days)) return std::nullopt;
  if (cursor.Take("Tt ")) {
    if (!TakeTimeOfDay(cursor, time_of_day) || !TakeOffset(cursor, offset)) return std::nullopt;
  }
  if (!cursor.AtEnd()) return std::nullopt;
  return days * kSecondsPerDay * kMicrosPerSecond + time_of_day - offset;
}

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
