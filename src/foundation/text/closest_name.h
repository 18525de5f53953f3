// Which of the names that exist is nearest to one that was typed.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace arc {

// For error messages: " (did you mean 'server.port'?)" with the name nearest to `typed`. It may
// differ in a third of its characters at most (case does not count); the text is empty when no name
// is so near. Of two equally near names the one that comes first in `names` is taken.
std::string DidYouMean(std::string_view typed, std::span<const std::string> names);

}  // namespace arc
