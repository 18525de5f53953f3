// One value of a result as JSON.

#pragma once

#include <cstddef>
#include <string_view>

#include "query/engine/interface/result_chunk.h"
#include "query/format/text_buffer.h"

namespace arc::format {

enum class BigIntegers { kNumbers, kStrings };  // how to write those beyond 2^53

// Appends the value of `row`, or null.
//
// Timestamps and dates are RFC 3339 in UTC, without trailing zeros of the fraction. JSON cannot
// express NaN and infinities: they are null (infinite times are "infinity" and "-infinity").
// Numbers are JSON numbers of any size, unless big integers are wanted as strings. Everything else
// is a string.
void AppendJsonValue(TextBuffer& out, const engine::ResultColumn& column, std::size_t row,
                     BigIntegers big_integers);

// The same for a time that is not NULL, without quotes.
void AppendBareTime(TextBuffer& out, const engine::ResultColumn& column, std::size_t row);

// Appends a JSON string.
void AppendJsonText(TextBuffer& out, std::string_view text);

}  // namespace arc::format
