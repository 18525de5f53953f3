// Writing JSON by hand, a value at a time.

#pragma once

#include <string>
#include <string_view>

namespace arc {

// Appends `text` as a JSON string (RFC 8259), quotes included. Bytes that are not UTF-8 become
// U+FFFD, so that the result is always valid.
void AppendJsonString(std::string& out, std::string_view text);

// The same, returned.
std::string JsonString(std::string_view text);

}  // namespace arc
