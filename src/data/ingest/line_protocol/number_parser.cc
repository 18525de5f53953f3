#include "data/ingest/line_protocol/number_parser.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <limits>
#include <system_error>

namespace arc::ingest::line_protocol {
namespace {

constexpr std::size_t kDigitsMax = 19;  // so many nines still fit in 64 bits unsigned

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Eight digits are loaded as one number of eight bytes; its lowest byte is the first digit.
static_assert(std::endian::native == std::endian::little);

bool AreEightDigits(std::uint64_t bytes) {
  return ((bytes & 0xF0F0F0F0F0F0F0F0) |
          (((bytes + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) == 0x3333333333333333;
}

// Joins neighbours: digits to pairs, pairs to groups of four, then the two groups. That takes three
// multiplications instead of eight.
std::uint64_t EightDigits(std::uint64_t bytes) {
  bytes -= 0x3030303030303030;
  bytes = bytes * 10 + (bytes >> 8);
  constexpr std::uint64_t kMask = 0x000000FF000000FF;
  constexpr std::uint64_t kHundreds = 0x000F424000000064;   // 100 + (1000000 << 32)
  constexpr std::uint64_t kThousands = 0x0000271000000001;  // 1 + (10000 << 32)
  return (((bytes & kMask) * kHundreds) + (((bytes >> 16) & kMask) * kThousands)) >> 32;
}

// Reads digits, moving `at` behind them, and adds them to `value` (which wraps after kDigitsMax).
// Returns how many there were.
std::size_t ReadDigits(const char*& at, const char* end, std::uint64_t& value) {
  const char* const start = at;
  while (end - at >= 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, at, sizeof(bytes));
    if (!AreEightDigits(bytes)) break;
    value = value * 100'000'000 + EightDigits(bytes);
    at += 8;
  }
  for (; at != end && IsDigit(*at); at++) value = value * 10 + static_cast<unsigned>(*at - '0');
  return static_cast<std::size_t>(at - start);
}

// All of `text` as digits; at most `greatest`.
NumberOutcome ParseMagnitude(std::string_view text, std::uint64_t greatest, std::uint64_t& value) {
  const char* at = text.data();
  const char* const end = at + text.size();
  value = 0;
  std::size_t digit_count = ReadDigits(at, end, value);
  if (digit_count == 0 || at != end) return NumberOutcome::kMalformed;
  if (digit_count > kDigitsMax) {
    const auto zeros = text.find_first_not_of('0');
    if (zeros == 0) return NumberOutcome::kOutOfRange;
    if (zeros == std::string_view::npos) return value = 0, NumberOutcome::kOk;
    return ParseMagnitude(text.substr(zeros), greatest, value);
  }
  return value <= greatest ? NumberOutcome::kOk : NumberOutcome::kOutOfRange;
}

constexpr std::uint64_t kGreatest = std::numeric_limits<std::int64_t>::max();

// Powers of ten that a double holds exactly.
constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::int64_t kPowerMax = 22;
constexpr std::uint64_t kExactIntegerMax = std::uint64_t{1} << 53;

// A decimal number in its parts: mantissa * 10^power, when `fits_exactly`.
struct Decimal {
  std::uint64_t mantissa = 0;
  std::int64_t power = 0;
  bool fits_exactly = false;  // one correctly rounded operation gives the nearest double
};

// The number without its sign. False when malformed.
bool ReadDecimal(const char* at, const char* end, Decimal& decimal) {
  std::size_t digit_count = ReadDigits(at, end, decimal.mantissa);
  if (at != end && *at == '.') {
    at++;
    const auto fraction_count = ReadDigits(at, end, decimal.mantissa);
    digit_count += fraction_count;
    decimal.power = -static_cast<std::int64_t>(fraction_count);
  }
  if (digit_count == 0) return false;
  bool is_short_exponent = true;
  if (at != end && (*at == 'e' || *at == 'E')) {
    at++;
    const bool is_negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) at++;
    std::uint64_t exponent = 0;
    const auto exponent_count = ReadDigits(at, end, exponent);
    if (exponent_count == 0) return false;
    is_short_exponent = exponent_count <= 4;
    const auto magnitude = static_cast<std::int64_t>(is_short_exponent ? exponent : 0);
    decimal.power += is_negative ? -magnitude : magnitude;
  }
  decimal.fits_exactly = is_short_exponent && digit_count <= kDigitsMax &&
                         decimal.mantissa <= kExactIntegerMax && decimal.power >= -kPowerMax &&
                         decimal.power <= kPowerMax;
  return at == end;
}

}  // namespace

NumberOutcome ParseInteger(std::string_view text, std::int64_t& value) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (is_negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  const auto outcome = ParseMagnitude(text, kGreatest + (is_negative ? 1 : 0), magnitude);
  value = static_cast<std::int64_t>(is_negative ? 0 - magnitude : magnitude);
  return outcome;
}

NumberOutcome ParseUnsigned(std::string_view text, std::int64_t& value) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  const auto outcome = ParseMagnitude(text, kGreatest, magnitude);
  value = static_cast<std::int64_t>(magnitude);
  return outcome;
}

NumberOutcome ParseDouble(std::string_view text, double& value) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (is_negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  Decimal decimal;
  if (!ReadDecimal(begin, end, decimal)) return NumberOutcome::kMalformed;
  if (decimal.fits_exactly) {
    value = static_cast<double>(decimal.mantissa);
    if (decimal.power < 0) {
      value /= kPowersOfTen[static_cast<std::size_t>(-decimal.power)];
    } else {
      value *= kPowersOfTen[static_cast<std::size_t>(decimal.power)];
    }
  } else if (std::from_chars(begin, end, value).ec != std::errc()) {
    return NumberOutcome::kOutOfRange;
  }
  if (is_negative) value = -value;
  return NumberOutcome::kOk;
}

}  // namespace arc::ingest::line_protocol
