// Texts whose letters are ASCII: names, words of protocols. Bytes above 0x7F stay as they are.

#pragma once

#include <string>
#include <string_view>

namespace arc {

inline char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string ToLower(std::string_view text);

// Equal but for the case of letters. It is also the rule by which SQL finds columns, and therefore
// the rule by which two columns are one.
bool EqualIgnoringCase(std::string_view a, std::string_view b);

bool StartsIgnoringCase(std::string_view text, std::string_view start);

// Without the spaces and tabs around it.
std::string_view TrimSpaces(std::string_view text);

}  // namespace arc
