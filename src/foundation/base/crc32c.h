// CRC-32C (Castagnoli, as in iSCSI, RFC 3720 appendix B.4): finds damaged bytes in files and
// records. Not a defence against an attacker.

#pragma once

#include <cstdint>
#include <string_view>

namespace arc {

// The checksum of the bytes so far followed by `bytes`; start with 0. So Crc32c(Crc32c(0, a), b) is
// the checksum of a followed by b. Uses the processor's instructions for it: 20 GB/s and more on
// long inputs.
std::uint32_t Crc32c(std::uint32_t crc_so_far, std::string_view bytes);

// The same, byte by byte from a table: for processors without the instruction, and for tests.
std::uint32_t Crc32cByTable(std::uint32_t crc_so_far, std::string_view bytes);

}  // namespace arc
