// Numbers for people.

#pragma once

#include <cstdint>
#include <string>

namespace arc::cli {

std::string FormatCount(std::uint64_t count);         // 1,234,567
std::string FormatBytes(double bytes);                // 12.3 MB; a megabyte is a million bytes
std::string FormatMilliseconds(double milliseconds);  // 12.3 ms, 4.56 s, 3 min 20 s

}  // namespace arc::cli
