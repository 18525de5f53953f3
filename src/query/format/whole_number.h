// For formats with at most 64 bits for a number: decimals and integers of any length.

#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/base/result.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::format {

// Whether the values of a ResultKind::kNumberText column have digits after the point.
bool HasFraction(const engine::ResultColumnInfo& column);

// Reads `text` as a number. Fails with kInvalidInput, naming the column, when it does not fit.
Result<std::int64_t> WholeNumber(const engine::ResultColumnInfo& column, std::string_view text);

}  // namespace arc::format
