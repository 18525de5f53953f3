// A Parquet file as a stream of batches whose times are resolved: for imports, for adoption, and
// for whatever else reads files of any program.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/encoding/arrow_column.h"
#include "data/encoding/file_range.h"
#include "foundation/base/result.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/schema.h"
#include "foundation/text/exact_number.h"

namespace arc::encoding {

// Threads: one at a time. Memory: one batch and what Arrow keeps, whatever the file's size.
class ParquetReader {
 public:
  struct Options {
    std::string time_column = "time";  // found ignoring case
    std::string time_format{};         // as in time_parser.h
    std::optional<LongNumbers> long_numbers{};
    ValueReader reader_of_values = ValueReader::kImport;
  };

  // Reads the footer and checks it. Fails with kInvalidInput (time column), kUnprocessable (not
  // Parquet, a type that cannot be read), or as the disk does.
  static Result<std::unique_ptr<ParquetReader>> Open(FileRange range, const Options& options);
  ParquetReader(const ParquetReader&) = delete;
  ParquetReader& operator=(const ParquetReader&) = delete;
  ~ParquetReader();

  // The columns of the file but the one of the time, in the file's order.
  const std::vector<SchemaColumn>& columns() const;

  // Reads on. How many rows TakeRows gives then, tens of thousands; 0 at the end.
  Result<std::size_t> NextRowCount();
  // The batch has all columns(), each of its type or kNull. A time that cannot be read is 0, if
  // `on_bad_time` does not fail. Requires: NextRowCount has said that there are rows.
  Result<ColumnBatch> TakeRows(const BadTimeHandler& on_bad_time);

 private:
  struct Parts;
  explicit ParquetReader(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace arc::encoding
