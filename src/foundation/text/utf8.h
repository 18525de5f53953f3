// UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).

#pragma once

#include <cstddef>
#include <string_view>

namespace arc {

// The length of the sequence at the start of `text`, which must not be empty; 0 when the bytes
// there are not UTF-8.
std::size_t Utf8SequenceLength(std::string_view text);

// Whether all of `text` is UTF-8. ASCII is checked at memory speed.
bool IsUtf8(std::string_view text);

}  // namespace arc
