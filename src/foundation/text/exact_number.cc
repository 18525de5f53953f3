#include "foundation/text/exact_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

namespace arc {
namespace {

constexpr std::size_t kSafeDigits = kDigitsOfAnyFloat;
// No float has more digits when it is written out in full.
constexpr std::size_t kDigitsMax = 767;

// The digits from the first to the last that is not 0, at most as many as a float can have.
class SignificantDigits {
 public:
  explicit SignificantDigits(std::string_view text) {
    std::size_t end = 0;
    for (const char c : text) {
      if (c == 'e' || c == 'E') break;
      if (c < '0' || c > '9' || (c == '0' && end == 0)) continue;
      if (c != '0') count_ = end + 1;
      if (end < digits_.size()) digits_[end] = c;
      end++;
    }
  }

  std::size_t count() const { return count_; }
  bool operator==(const SignificantDigits& other) const {
    return count_ == other.count_ && count_ <= digits_.size() &&
           std::equal(digits_.begin(), digits_.begin() + static_cast<std::ptrdiff_t>(count_),
                      other.digits_.begin());
  }

 private:
  std::array<char, kDigitsMax> digits_;  // those within count_ are set
  std::size_t count_ = 0;
};

__extension__ typedef unsigned __int128 Wide;

constexpr auto kPowersOfFive = [] {
  std::array<std::uint64_t, 28> powers{1};  // the last that fit
  for (std::size_t i = 1; i < powers.size(); i++) powers[i] = powers[i - 1] * 5;
  return powers;
}();

// The same in exact integers, for what most files hold: [-]digits.digits of up to 18 digits.
// Nothing when the number has another form or needs more bits. `value` is not negative.
//
// Let D be the digits as an integer, k of them behind the point. The question is whether
// value * 10^k rounds to D. With value = m * 2^e and s = -(e + k) that is the same as
// |m * 5^k - D * 2^s| < 2^(s - 1).
std::optional<bool> KeepsFixed(double value, std::string_view text) {
  constexpr std::size_t kTextMax = 20;
  constexpr std::uint64_t kDigitsEnd = 1'000'000'000'000'000'000;
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto point = text.find('.');
  if (point == std::string_view::npos || text.size() > kTextMax) return std::nullopt;
  std::uint64_t digits = 0;
  for (const char c : text) {
    if (c == '.') continue;
    if (c < '0' || c > '9') return std::nullopt;
    digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (digits < kDigitsEnd / 1000) return true;  // 15 digits
  if (digits >= kDigitsEnd) return std::nullopt;
  const auto decimals = text.size() - point - 1;
  int exponent = 0;
  constexpr int kMantissaBits = std::numeric_limits<double>::digits;
  const auto mantissa =
      static_cast<std::uint64_t>(std::ldexp(std::frexp(value, &exponent), kMantissaBits));
  const int shift = kMantissaBits - exponent - static_cast<int>(decimals);
  constexpr int kShiftMax = 66;  // D takes up to 60 of 128 bits
  if (shift < 1 || shift > kShiftMax) return std::nullopt;
  const Wide is = Wide{mantissa} * kPowersOfFive[decimals];
  const Wide wanted = Wide{digits} << shift;
  const Wide distance = is > wanted ? is - wanted : wanted - is;
  const Wide half = Wide{1} << (shift - 1);
  if (distance < half) return true;
  if (distance == half || digits % 10 == 0) return std::nullopt;
  return false;
}

}  // namespace

bool FloatKeeps(double value, std::string_view text) {
  if (!std::isfinite(value)) return true;
  if (text.size() <= kSafeDigits && std::fpclassify(value) != FP_SUBNORMAL) return true;
  if (const auto keeps = KeepsFixed(std::abs(value), text)) return *keeps;
  const SignificantDigits digits(text);
  if (digits.count() == 0) return true;
  if (digits.count() > kDigitsMax) return false;
  std::array<char, kDigitsMax + 16> buffer;
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    std::chars_format::scientific, static_cast<int>(digits.count()) - 1);
  const auto written_bytes = static_cast<std::size_t>(written.ptr - buffer.data());
  return written.ec == std::errc() && SignificantDigits({buffer.data(), written_bytes}) == digits;
}

bool FloatKeeps(std::int64_t value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const auto rounded = static_cast<double>(value);
  return rounded < kTwoTo63 && static_cast<std::int64_t>(rounded) == value;
}

}  // namespace arc
