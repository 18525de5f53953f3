// Numbers of the row payload (docs/formats/wal.md) that its writer and its reader share.

#pragma once

#include <cstddef>
#include <cstdint>

namespace arc::wal {

inline constexpr std::uint64_t kFieldRole = 0;
inline constexpr std::uint64_t kTagRole = 1;

// Kinds of values: the index of the alternative of Column::Values.
inline constexpr std::uint64_t kNoValues = 0;
inline constexpr std::uint64_t kBoolValues = 1;
inline constexpr std::uint64_t kInt64Values = 2;
inline constexpr std::uint64_t kDoubleValues = 3;
inline constexpr std::uint64_t kStringValues = 4;
inline constexpr std::uint64_t kDictionaryValues = 5;

inline constexpr std::size_t kNumberBytesMax = 10;  // of a LEB128 number below 2^64

}  // namespace arc::wal
