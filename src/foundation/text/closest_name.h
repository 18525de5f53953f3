// Which of the names that exist is nearest to one that was typed.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace arc {

// For error messages: " (did you mean 'server.port'?)" with the name nearest to `typed`, at most a
// third of its characters away (case does not count); empty when none is so near. `names` come in
// order of preference: of two equally near, the first is taken.
std::string DidYouMean(std::string_view typed, std::span<const std::string> names);

}  // namespace arc
