// One value of a result as JSON.

#pragma once

#include <cstddef>
#include <string>

#include "engine/result_chunk.h"

namespace arc::format {

enum class BigIntegers { kNumbers, kStrings };  // beyond 2^53, where a double is not exact

// Appends the value of `row`, or null.
//
// Timestamps and dates are RFC 3339 in UTC with trailing zeros of the fraction left out; NaN and
// infinities, which JSON has no word for, are null (as times: "infinity" and "-infinity"); numbers
// are JSON numbers of any size, unless big ones are asked for as strings; all else is a string.
void AppendJsonValue(std::string& out, const engine::ResultColumn& column, std::size_t row,
                     BigIntegers big_integers);

}  // namespace arc::format
