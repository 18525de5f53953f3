// Columns that are written row by row and read column by column. Small ones stay in memory, larger
// ones go to a temporary file.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/format/spool.h"

namespace arc::format {

// Memory: at most 16 MiB for its columns, and the bytes added between two Writes.
// Threads: one at a time.
class ColumnSpool {
 public:
  ColumnSpool(Spool& spool, std::size_t column_count);

  // The end of a column, still in memory. Append to it.
  std::string& Tail(std::size_t column) { return columns_[column].tail; }
  // Moves tails that are large enough to the file. Call it from time to time. Fails as
  // Spool::Create and SpoolFile::Append.
  Result<void> Write();

  // Appends the next part of a column to `out`; false when no part was left.
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
  std::unique_ptr<SpoolFile> file_;  // null while everything is in memory
};

}  // namespace arc::format
