// Reads days as the configuration writes them, of any year.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace arc {

// The beginning of the day "YYYY-MM-DD": a year has four digits or more and may have a sign, as in
// -20000-01-01. Years from -32767 to 32767. Nothing for any other text.
std::optional<std::int64_t> ParseDay(std::string_view text);

}  // namespace arc
