// Numbers from text, whole or not at all.

#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace arc {

// The number that all of `text` is, as std::from_chars reads it; nothing when it is none or does
// not fit.
template <class T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace arc
