// Result rows as JSON: [1,"a",null],[2,"b",0.5].

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/result_chunk.h"

namespace arc::query {

// Appends the rows of `chunk`, separated by commas, without one before the first.
//
// Timestamps and dates are RFC 3339 in UTC with trailing zeros of the fraction left out; NaN and
// infinities, which JSON has no word for, are null (as times: "infinity" and "-infinity"); numbers
// are JSON numbers of any size; all else is a string.
void AppendJsonRows(std::string& out, const engine::ResultChunk& chunk);

// ["time","host"]
void AppendJsonNames(std::string& out, const std::vector<engine::ResultColumnInfo>& columns);

}  // namespace arc::query
