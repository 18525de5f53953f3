// Finds the bytes that structure line protocol: comma, equals sign, space, double quote,
// backslash, newline. What lies between two of them needs no second look for delimiters.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arc::ingest::line_protocol {

// Positions may be written past the last one found, up to this many.
inline constexpr std::size_t kStructuralSlack = 64;

// Writes base + i for every structural byte text[i], in order, and returns how many there are.
// `positions` has room for text.size() + kStructuralSlack numbers. Uses the widest instructions
// the processor has.
std::size_t ScanStructurals(std::string_view text, std::uint32_t base, std::uint32_t* positions);

// The same, a byte at a time.
std::size_t ScanStructuralsScalar(std::string_view text, std::uint32_t base,
                                  std::uint32_t* positions);

}  // namespace arc::ingest::line_protocol
