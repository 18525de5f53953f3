// Collects one column of scattered rows as an Arrow array, ready for the Parquet writer.
//
// The rows of a file come from many batches, in order of time. First RunsOf finds runs: rows that
// follow each other in the file and in one batch, too. Then each column is gathered on its own, run
// by run, so that the type of a source column is looked at once for each run and not once for each
// row. When the batches come in order of time there are few runs; when writers alternate, many.
//
// Strings may be gathered as a dictionary, because the Parquet writer then need not compare them.
// The words of a batch that has a dictionary itself are looked up once for each word. When the
// distinct words become too large for a dictionary, the work is thrown away and the column is
// gathered anew as plain strings.

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
// Lifetime: points into the batches of the slices, which must outlive it.
class SourceColumns {
 public:
  // Every column of the batches must be in `schema`, with a type that joins to the schema's.
  SourceColumns(const RowSchema& schema, const std::vector<BatchSlice>& slices);

  // The column of slice s is Of(column)[s]; null when the slice does not have it.
  std::span<const Column* const> Of(std::size_t column) const { return by_column_[column]; }

 private:
  std::vector<std::vector<const Column*>> by_column_;
};

// Rows [row_begin, row_begin + row_count) of one slice.
struct RowRange {
  std::uint32_t slice;
  std::uint32_t row_begin;
  std::uint32_t row_count;
};
std::vector<RowRange> RangesOf(std::span<const RowRef> rows);

// The values of `column` in the rows of `runs`, in order. Integers become floats when the schema
// says double; rows of a slice without the column are NULL. Strings come as an
// arrow::DictionaryArray when the column is a tag or every batch has it as a dictionary, unless its
// distinct words have more than kDictionaryBytesMax; else as an arrow::LargeStringArray. The type
// of `column` must not be kNull.
inline constexpr std::size_t kDictionaryBytesMax = std::size_t{1} << 20;
std::shared_ptr<arrow::Array> GatherColumn(const SchemaColumn& column,
                                           std::span<const Column* const> sources,
                                           std::span<const RowRange> runs);

}  // namespace arc::encoding
