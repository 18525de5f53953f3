// Reads dates and times that people and programs write, into microseconds since
// 1970-01-01T00:00:00Z.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace arc {

// YYYY-MM-DD or YYYY/MM/DD, alone or followed by 'T' or a space and HH:MM[:SS[.fraction]] and then
// Z, +HH:MM, -HH:MM or no zone, which means UTC. Digits below a microsecond are dropped. Returns
// nothing for any other text.
std::optional<std::int64_t> ParseDateAndTime(std::string_view text);

// Only the form of RFC 3339: YYYY-MM-DDTHH:MM:SS[.fraction] and Z or an offset.
std::optional<std::int64_t> ParseRfc3339(std::string_view text);

}  // namespace arc
