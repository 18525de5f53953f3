// One value of a result as JSON.

#pragma once

#include <cstddef>
#include <string_view>

#include "query/engine/interface/result_chunk.h"
#include "query/format/text_buffer.h"

namespace arc::format {

enum class BigIntegers { kNumbers, kStrings };  // beyond 2^53, where a double is not exact

// Appends the value of `row`, or null.
//
// Timestamps and dates are RFC 3339 in UTC with trailing zeros of the fraction left out; NaN and
// infinities, which JSON has no word for, are null (as times: "infinity" and "-infinity"); numbers
// are JSON numbers of any size, unless big ones are asked for as strings; all else is a string.
void AppendJsonValue(TextBuffer& out, const engine::ResultColumn& column, std::size_t row,
                     BigIntegers big_integers);

// The same of a time that is not NULL, without quotes.
void AppendBareTime(TextBuffer& out, const engine::ResultColumn& column, std::size_t row);

// Appends a JSON string.
void AppendJsonText(TextBuffer& out, std::string_view text);

}  // namespace arc::format
