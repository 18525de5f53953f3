// Result columns as Arrow's types and arrays.

#pragma once

#include <arrow/array.h>
#include <arrow/type.h>

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "engine/result_chunk.h"

namespace arc::format {

// Whole numbers of any length are int64, other decimals double; what has no type of its own here is
// UTF-8 text.
std::shared_ptr<arrow::DataType> ArrowTypeOf(const engine::ResultColumnInfo& column);

// The rows as an array of `type`, which must be what ArrowTypeOf said. May point into `column`.
// Fails with kInvalidInput when a whole number does not fit into int64.
Result<std::shared_ptr<arrow::Array>> ToArrowArray(const engine::ResultColumnInfo& info,
                                                   const engine::ResultColumn& column,
                                                   const std::shared_ptr<arrow::DataType>& type,
                                                   std::size_t row_count);

}  // namespace arc::format
