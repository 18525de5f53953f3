#include "data/encoding/time_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "foundation/model/column_batch.h"
#include "foundation/text/parse_number.h"
#include "foundation/time/date_and_time.h"

namespace arc::encoding {
namespace {

// How many bytes of a value a message shows.
constexpr std::size_t kShownMax = 64;
constexpr std::uint64_t kYearMin = 1900;
constexpr std::uint64_t kYearMax = 2100;
// Days since 1899-12-30: the years 1954 to 2119.
constexpr std::uint64_t kSpreadsheetDayMin = 20'000;
constexpr std::uint64_t kSpreadsheetDayMax = 80'000;

bool IsYear(std::uint64_t number) { return number >= kYearMin && number <= kYearMax; }

// Reads the digits YYYYMMDD, YYYYMMDDHHMM, YYYYMMDDHHMMSS or YYYYMMDDHHMMSSmmm as a time.
std::optional<std::int64_t> DigitsAsTime(std::uint64_t number) {
  const auto digits = fmt::format("{}", number);
  const auto count = digits.size();
  if (count != 8 && count != 12 && count != 14 && count != 17) return std::nullopt;
  const std::string_view text = digits;
  if (!IsYear(*ParseNumber<std::uint64_t>(text.substr(0, 4)))) return std::nullopt;
  auto time = fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
  if (count > 8) time += fmt::format(" {}:{}", text.substr(8, 2), text.substr(10, 2));
  if (count > 12) time += fmt::format(":{}", text.substr(12, 2));
  if (count > 14) time += fmt::format(".{}", text.substr(14));
  return ParseDateAndTime(time);
}

// Whether it may be DDMMYYYY or MMDDYYYY; a number does not show a 0 in front.
bool MayEndInYear(std::uint64_t number) {
  const auto first = number / 1'000'000;
  const auto second = number / 10'000 % 100;
  return IsYear(number % 10'000) && std::min(first, second) >= 1 && std::min(first, second) <= 12 &&
         std::max(first, second) <= 31;
}

// Whether it may be a date in a form that DigitsAsTime does not read: a year, a month, an hour of a
// day, or a date that ends with the year.
bool MayBeOtherDate(std::uint64_t number) {
  if (number < 10'000) return IsYear(number);
  if (number < 1'000'000) {
    return IsYear(number / 100) && number % 100 >= 1 && number % 100 <= 12;
  }
  if (number < 100'000'000) return MayEndInYear(number);
  return number % 100 < 24 && number / 100 < 100'000'000 && DigitsAsTime(number / 100);
}

}  // namespace

// whole.fraction; the fraction does not end in 0.
struct TimeParser::Number {
  bool is_negative = false;
  std::uint64_t whole = 0;
  std::string_view fraction{};  // digits

  bool MayBeDayOfSpreadsheet() const {
    return !is_negative && whole >= kSpreadsheetDayMin && whole < kSpreadsheetDayMax;
  }
  bool IsCount() const { return !is_negative && fraction.empty(); }
};

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

std::optional<TimeParser::Number> TimeParser::NumberOf(std::string_view text) {
  Number number;
  if (text.starts_with('-')) {
    number.is_negative = true;
    text.remove_prefix(1);
  }
  const auto point = std::min(text.find('.'), text.size());
  auto fraction = text.substr(std::min(point + 1, text.size()));
  if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  const auto whole = ParseNumber<std::uint64_t>(text.substr(0, point));
  if (!whole && (point > 0 || text.size() < 2)) return std::nullopt;
  number.whole = whole.value_or(0);
  number.fraction = fraction;
  return number;
}

std::optional<std::int64_t> TimeParser::MicrosOf(const Number& number, Unit unit) {
  if (unit == Unit::kDigits) {
    return number.IsCount() ? DigitsAsTime(number.whole) : std::nullopt;
  }
  const std::size_t kept_digits = unit == Unit::kSeconds ? 6 : unit == Unit::kMilliseconds ? 3 : 0;
  std::int64_t factor = 1;
  std::int64_t part = 0;
  for (std::size_t i = 0; i < kept_digits; i++) {
    factor *= 10;
    part = part * 10 + (i < number.fraction.size() ? number.fraction[i] - '0' : 0);
  }
  bool is_cut = number.fraction.size() > kept_digits;
  std::int64_t micros = 0;
  if (unit == Unit::kNanoseconds) {
    micros = static_cast<std::int64_t>(number.whole / 1000);
    is_cut = is_cut || number.whole % 1000 != 0;
  } else if (__builtin_mul_overflow(number.whole, factor, &micros) ||
             __builtin_add_overflow(micros, part, &micros)) {
    return std::nullopt;
  }
  if (number.is_negative) micros = -micros - (is_cut ? 1 : 0);
  if (micros < kTimeMin || micros > kTimeMax) return std::nullopt;
  return micros;
}

std::optional<TimeParser::Unit> TimeParser::UnitOf(const Number& number) {
  if (number.IsCount()) {
    if (DigitsAsTime(number.whole)) return Unit::kDigits;
    if (MayBeOtherDate(number.whole)) return std::nullopt;
  }
  if (number.MayBeDayOfSpreadsheet()) return std::nullopt;
  constexpr std::uint64_t kSecondsEnd = 10'000'000'000;
  if (number.whole < kSecondsEnd) return Unit::kSeconds;
  if (number.whole < kSecondsEnd * 1'000) return Unit::kMilliseconds;
  if (number.whole < kSecondsEnd * 1'000'000) return Unit::kMicroseconds;
  return Unit::kNanoseconds;
}

std::optional<std::int64_t> TimeParser::FromNumber(const Number& number) {
  if (!unit_) unit_ = UnitOf(number);
  return unit_ ? MicrosOf(number, *unit_) : std::nullopt;
}

std::optional<std::int64_t> TimeParser::FromInteger(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return FromNumber({value < 0, value < 0 ? -bits : bits});
}

std::optional<std::int64_t> TimeParser::FromDouble(double value) {
  constexpr double kWholeEnd = 1e19;  // beyond any time in nanoseconds
  if (!std::isfinite(value) || std::abs(value) >= kWholeEnd) return std::nullopt;
  // Read the shortest decimal number of this float, because that is what was meant: the float
  // nearest to 1704067200.123456 is itself a little less.
  std::array<char, 512> digits;  // the smallest float has 326
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed)
          .ptr;
  const auto number = NumberOf({digits.data(), static_cast<std::size_t>(end - digits.data())});
  return number ? FromNumber(*number) : std::nullopt;
}

std::optional<std::int64_t> TimeParser::FromText(std::string_view text) {
  if (const auto micros = ParseDateAndTime(text)) return micros;
  if (const auto number = NumberOf(text)) return FromNumber(*number);
  if (const auto number = ParseNumber<double>(text)) return FromDouble(*number);
  return std::nullopt;
}

std::string OutsideTimeRange(std::string_view text) {
  return fmt::format("\"{}\" is outside the times that can be stored, {}",
                     text.substr(0, kShownMax), kTimeRange);
}

std::string TimeParser::WhyNot(std::string_view text) const {
  if (text.empty()) return "the time is missing";
  const auto shown = text.substr(0, kShownMax);
  const auto number = NumberOf(text);
  if (!number) return fmt::format("\"{}\" is not a time", shown);
  if (!unit_ && number->MayBeDayOfSpreadsheet()) {
    return fmt::format(
        "\"{}\" is not taken for a time: it may be a day of a spreadsheet, to be written as a date "
        "(2026-03-01 12:00:00), or a count since 1970, whose unit time_format names (epoch_s)",
        shown);
  }
  if (!unit_) {
    return fmt::format(
        "\"{}\" is not taken for a time: it may be a date, to be written with year, month and day "
        "(2026-03-01), or a count since 1970, whose unit time_format names (epoch_s)",
        shown);
  }
  if (*unit_ == Unit::kDigits) {
    return fmt::format(
        "\"{}\" is not a date, as the first number is one (20260301, or 20260301120000 with a time "
        "of day); time_format names the unit of counts since 1970 (epoch_s)",
        shown);
  }
  return OutsideTimeRange(text);
}

}  // namespace arc::encoding
