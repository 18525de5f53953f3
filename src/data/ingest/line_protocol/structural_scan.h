// Finds the structural bytes of line protocol: comma, equals sign, space, double quote, backslash,
// newline. Between two of them no parser need look for delimiters again.
//
// The text is taken in blocks of 64 bytes. Wide instructions make of a block one word of 64 bits,
// in which a bit is set for each structural byte; the bits are then written as positions. The rest
// of the text is copied into a block filled with zero bytes, so nothing is read behind the text.
// Processors without these instructions go byte by byte.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arc::ingest::line_protocol {

// Up to so many positions may be written past the last one found. They mean nothing.
inline constexpr std::size_t kStructuralSlack = 64;

// Writes base + i for every structural byte text[i], in order, and returns how many there are.
// `positions` has room for text.size() + kStructuralSlack numbers. Uses the widest instructions
// the processor has.
std::size_t ScanStructurals(std::string_view text, std::uint32_t base, std::uint32_t* positions);

// The same, a byte at a time.
std::size_t ScanStructuralsScalar(std::string_view text, std::uint32_t base,
                                  std::uint32_t* positions);

}  // namespace arc::ingest::line_protocol
