// Collects one column of scattered rows as an Arrow array, ready for the Parquet writer.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/buffer/live_measurement.h"
#include "data/encoding/time_order.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/schema.h"

namespace arrow {
class Array;
}  // namespace arrow

namespace arc::encoding {

// Where each column of a schema is in each of several slices.
//
// Lifetime: points into the batches of the slices.
class SourceColumns {
 public:
  // Every column of the batches must be in `schema`, with a type that joins to the schema's.
  SourceColumns(const TableSchema& schema, const std::vector<BatchSlice>& slices);

  // The column of slice s is Of(column)[s]; null where the slice lacks it.
  std::span<const Column* const> Of(std::size_t column) const { return by_column_[column]; }

 private:
  std::vector<std::vector<const Column*>> by_column_;
};

// Rows [row_begin, row_begin + row_count) of one slice: what consecutive rows of an order have in
// common, so that the type of a column is looked at once a run and not once a row.
struct RowRange {
  std::uint32_t slice;
  std::uint32_t row_begin;
  std::uint32_t row_count;
};
std::vector<RowRange> RangesOf(std::span<const RowRef> rows);

// The values of `column` in the rows of `runs`, in order: integers are widened where the schema
// says double, and NULL stands where a slice lacks the column. Strings come as an
// arrow::DictionaryArray when the column is a tag or every batch has coded it, unless its distinct
// words take more than kDictionaryBytesMax; else as arrow::LargeStringArray. `column` must not be
// of type kNull.
inline constexpr std::size_t kDictionaryBytesMax = std::size_t{1} << 20;
std::shared_ptr<arrow::Array> GatherColumn(const SchemaColumn& column,
                                           std::span<const Column* const> sources,
                                           std::span<const RowRange> runs);

}  // namespace arc::encoding
