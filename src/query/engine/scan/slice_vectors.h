// Columns of buffered rows as DuckDB vectors, without copying where the layouts agree.

#pragma once

#include <cstddef>

#include "data/buffer/live_measurement.h"
#include "foundation/model/column_batch.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// kNull is VARCHAR: a column that has no value yet.
duckdb::LogicalType SqlTypeOf(ColumnType type);

// One column of one slice, seen as a column of the table's schema.
//
// Lifetime: filled vectors point into the batch. DuckDB copies whatever outlives the pipeline (hash
// tables, sorts, chunks of a streamed result), and the query's pin holds the batch until its end.
class SliceColumn {
 public:
  static SliceColumn Time(const ColumnBatch& batch);
  // NULL in every row when the batch has no such column. The batch's type must join to `wanted`'s.
  static SliceColumn Find(const BatchSlice& slice, const SchemaColumn& wanted);

  // Rows [row, row + count) of the batch; count is at most STANDARD_VECTOR_SIZE.
  void Fill(std::size_t row, duckdb::idx_t count, duckdb::Vector& result) const;

 private:
  SliceColumn() = default;
  void FillStrings(const StringValues& values, std::size_t row, duckdb::idx_t count,
                   duckdb::Vector& result) const;
  void FillCodes(const DictionaryValues& values, std::size_t row, duckdb::idx_t count,
                 duckdb::Vector& result) const;

  const std::vector<std::int64_t>* times_ = nullptr;  // for `time`
  const Column* column_ = nullptr;                    // for others; null: the batch lacks it
  bool to_double_ = false;
  // The dictionary as a vector that DuckDB recognizes from chunk to chunk; null: not worth it.
  duckdb::buffer_ptr<duckdb::VectorChildBuffer> dictionary_;
};

}  // namespace arc::engine
