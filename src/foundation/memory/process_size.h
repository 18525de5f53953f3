// How large the process is, as the system sees it.

#pragma once

#include <cstdint>
#include <string_view>

namespace arc::memory {

// Bytes of the process that are in memory, program and libraries included: what `top` shows as
// RES. 0 when the system does not say (no /proc). Takes microseconds. Threads: any.
std::uint64_t ResidentBytes();

// The same from `statm`, the text of /proc/self/statm, which counts pages of `page_bytes`; 0 for
// any other text.
std::uint64_t ResidentBytesIn(std::string_view statm, std::uint64_t page_bytes);

}  // namespace arc::memory
