// Columns that grow row by row and are read column by column: in memory while they are small, else
// in a temporary file.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/format/spool.h"

namespace arc::format {

// Memory: at most 16 MiB for its columns, and what one Write adds.
// Threads: one at a time.
class ColumnSpool {
 public:
  ColumnSpool(Spool& spool, std::size_t column_count);

  // What is added to the end of a column.
  std::string& Tail(std::size_t column) { return columns_[column].tail; }
  // Moves tails that have grown enough to the file. Call it now and then. Fails as
  // Spool::Create and SpoolFile::Append.
  Result<void> Write();

  // Appends the next part of a column to `out`; false when there was none left.
  Result<bool> ReadPart(std::size_t column, std::string& out);

 private:
  struct Extent {
    std::uint64_t offset;
    std::size_t size;
  };
  struct Column {
    std::vector<Extent> extents;
    std::string tail;
    std::size_t next_extent = 0;
    bool is_read = false;
  };

  Spool& spool_;
  const std::size_t tail_bytes_max_;
  std::vector<Column> columns_;
  std::unique_ptr<SpoolFile> file_;  // null while all is in memory
};

}  // namespace arc::format
