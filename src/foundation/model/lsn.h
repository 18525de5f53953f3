// The position of a request in the one order of all accepted write requests (log sequence number).

#pragma once

#include <cstdint>

namespace arc {

// 0 is before every request. Gaps are legal.
enum class Lsn : std::uint64_t {};

inline constexpr Lsn kLsnZero{0};

constexpr std::uint64_t ToNumber(Lsn lsn) { return static_cast<std::uint64_t>(lsn); }
constexpr Lsn Next(Lsn lsn) { return Lsn{ToNumber(lsn) + 1}; }

}  // namespace arc
