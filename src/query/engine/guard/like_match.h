// LIKE and GLOB without recursion.
//
// DuckDB's matcher calls itself once for each % of a pattern that is not constant: a pattern with
// 200,000 of them overflows the stack, and one with 30 can take hours.
//
// Here a % first takes no bytes. When what follows it does not match, it takes one byte more, and
// the match goes on from there. Only the last % that was passed ever takes more: an earlier one
// need not, because the later one can take every byte that the earlier one would. So a match takes
// at most (bytes of text) * (bytes of pattern) steps. When a % is followed by plain bytes, they are
// searched for at once, so without _ between two % it takes about (bytes of text) + (bytes of
// pattern).

#pragma once

#include <functional>
#include <optional>
#include <string_view>

namespace arc::engine {

// Called about every million steps; throws to end the match.
using MatchPause = std::function<void()>;

enum class MatchResult { kNo, kYes, kEndsWithEscape };

// Like DuckDB's LIKE: % stands for any bytes, _ for one UTF-8 character, the byte after `escape`
// for itself. kEndsWithEscape: the match has reached an escape at the end of the pattern.
MatchResult MatchLike(std::string_view text, std::string_view pattern, std::optional<char> escape,
                      const MatchPause& pause);

// Like DuckDB's GLOB: * stands for any bytes, ? for one byte, [a-c] for one byte of a set, [!a-c]
// for one byte outside of it, the byte after \ for itself.
bool MatchGlob(std::string_view text, std::string_view pattern, const MatchPause& pause);

}  // namespace arc::engine
