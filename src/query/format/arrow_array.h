// Converts result columns to Arrow's types and arrays.

#pragma once

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "foundation/base/result.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::format {

// Whole numbers of any length become int64, other decimals double; kinds without a type here become
// UTF-8 text.
std::shared_ptr<arrow::DataType> ArrowTypeOf(const engine::ResultColumnInfo& column);
std::shared_ptr<arrow::Schema> ArrowSchemaOf(const std::vector<engine::ResultColumnInfo>& columns);

// The rows as an array of ArrowTypeOf(info). May point into `column`. Fails with kInvalidInput when
// a whole number does not fit into int64.
Result<std::shared_ptr<arrow::Array>> ToArrowArray(const engine::ResultColumnInfo& info,
                                                   const engine::ResultColumn& column,
                                                   std::size_t row_count);

// The same for all columns; `schema` is ArrowSchemaOf(columns).
Result<std::shared_ptr<arrow::RecordBatch>> ToRecordBatch(
    const std::vector<engine::ResultColumnInfo>& columns,
    const std::shared_ptr<arrow::Schema>& schema, const engine::ResultChunk& chunk);

}  // namespace arc::format
