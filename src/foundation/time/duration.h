// Reads durations as clients and the configuration write them.

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace arc {

// Digits and a unit, s, m, h, d or w, such as "90s" or "7d"; up to a hundred years. Nothing for
// any other text.
std::optional<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace arc
