// Finds how deep a JSON text nests, without recursion.

#pragma once

#include <cstddef>
#include <string_view>

namespace arc::engine {

// Deeper values are refused: DuckDB recurses over them, and 20,000 levels overflow 8 MiB of stack.
inline constexpr std::size_t kJsonDepthMax = 1000;

// Whether arrays and objects of `text` nest deeper than kJsonDepthMax. The text need not be
// well-formed. O(size).
bool IsDeepJson(std::string_view text);

}  // namespace arc::engine
