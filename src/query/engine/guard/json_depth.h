// How deep a JSON text nests, found without recursion.

#pragma once

#include <cstddef>
#include <string_view>

namespace arc::engine {

// Deeper values are refused: DuckDB recurses over them, and 20,000 levels overflow 8 MiB of stack.
inline constexpr std::size_t kJsonDepthMax = 1000;

// Whether arrays and objects of `text`, well-formed or not, nest deeper than kJsonDepthMax.
// O(size).
bool IsDeepJson(std::string_view text);

}  // namespace arc::engine
