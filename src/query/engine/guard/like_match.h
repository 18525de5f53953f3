// LIKE and GLOB without recursion.
//
// DuckDB matches by calling itself once for each % of a pattern that is not constant: a pattern
// with 200,000 of them overflows the stack, and one with 30 can take hours. Here only the last %
// is ever tried again: what an earlier one matched may stay as short as it was, because the later
// one can take any rest. So a match takes at most text times pattern steps, and about their sum
// when the pattern has no _ between two %.

#pragma once

#include <functional>
#include <optional>
#include <string_view>

namespace arc::engine {

// Called every million steps or so; throws to end the match.
using MatchPause = std::function<void()>;

enum class MatchResult { kNo, kYes, kEndsWithEscape };

// As DuckDB's LIKE: % is any bytes, _ one UTF-8 character, the byte after `escape` itself.
// kEndsWithEscape: the pattern ends with an escape that the match came to.
MatchResult MatchLike(std::string_view text, std::string_view pattern, std::optional<char> escape,
                      const MatchPause& pause);

// As DuckDB's GLOB: * is any bytes, ? one byte, [a-c] or [!a-c] one byte (not) of a set, the byte
// after \ itself.
bool MatchGlob(std::string_view text, std::string_view pattern, const MatchPause& pause);

}  // namespace arc::engine
