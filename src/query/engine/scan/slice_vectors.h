// Columns of buffered rows as DuckDB vectors.
//
// Numbers, booleans and times have the same layout on both sides, so the vector points into the
// batch and nothing is copied. Integers for a double column are converted. A plain string needs a
// pointer and a length for each row; its bytes are not copied. A column with a dictionary becomes a
// dictionary vector, which DuckDB recognizes from chunk to chunk and so computes on each word only
// once; if there are more words than rows in the slice, each row's word is looked up instead. A
// bitmap of valid rows is copied and shifted only when the rows do not begin at a multiple of 64.

#pragma once

#include <cstddef>

#include "data/buffer/live_measurement.h"
#include "foundation/model/column_batch.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// For kNull, the type of a column without any value yet, it is VARCHAR.
duckdb::LogicalType SqlTypeOf(ColumnType type);

// One column of one slice, with the type that it has in the measurement's schema.
//
// Lifetime: filled vectors point into the batch, which the query's pin holds until the query ends.
// DuckDB copies everything that it keeps longer than a pipeline (hash tables, sorts, chunks of a
// streamed result).
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
  const Column* column_ = nullptr;                    // for others; null: the batch has none
  bool to_double_ = false;
  // The dictionary as a vector; null when each row's word is looked up instead.
  duckdb::buffer_ptr<duckdb::VectorChildBuffer> dictionary_;
};

}  // namespace arc::engine
