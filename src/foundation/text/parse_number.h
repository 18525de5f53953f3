// Reads numbers from text. All of the text must be the number.

#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace arc {

// Reads all of `text` as std::from_chars does. Nothing when it is not a number, when anything
// follows the number, or when it does not fit into T.
template <class T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace arc
