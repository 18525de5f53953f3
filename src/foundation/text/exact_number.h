// Which decimal numbers a float (64 bits, about 16 digits) keeps exactly enough, and which it
// changes.

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

// A number with so many decimal digits survives as a float, whatever it is.
inline constexpr int kDigitsOfAnyFloat = std::numeric_limits<double>::digits10;  // 15

// Whether `value`, the float nearest to the decimal number `text` (as std::from_chars reads it),
// still has all digits of the text: written with as many digits it gives the same text again. True
// for every number of up to 15 digits, and for texts that were written from a float in any
// precision (0.1, 0.10000000000000001, 0.1000000000000000055). False for 12345678901234567890.12.
// Zeros in front and at the end do not count.
bool FloatKeeps(double value, std::string_view text);

// Whether the float nearest to `value` equals it.
bool FloatKeeps(std::int64_t value);

}  // namespace arc
