// Decimal numbers that a float (64 bits, some 16 digits) keeps, and those it does not.

#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace arc {

// What to do with numbers that have more digits than a float keeps.
enum class LongNumbers : std::uint8_t {
  kAsText,  // their column is a string
  kRound,   // to the nearest float
};

// Decimal digits of a number that any float keeps.
inline constexpr int kDigitsOfAnyFloat = std::numeric_limits<double>::digits10;  // 15

// Whether `value`, the float nearest to the decimal number `text` (as std::from_chars reads it),
// still has all its digits: written with as many, it is the same text again. True of every number
// of up to 15 digits, of what was written from a float in whatever precision (0.1,
// 0.10000000000000001, 0.1000000000000000055), not of 12345678901234567890.12. Zeros in front and
// at the end do not count.
bool FloatKeeps(double value, std::string_view text);

// Whether the float nearest to `value` is the same number.
bool FloatKeeps(std::int64_t value);

}  // namespace arc
