// What the catalog knows of one published Parquet file. docs/formats/catalog.md has the rows.

#pragma once

#include <cstdint>
#include <string>

#include "foundation/model/lsn.h"

namespace arc::catalog {

// How the rows inside a file are ordered.
enum class SortOrder : std::uint8_t { kTime, kTagsThenTime, kNone };

// Immutable once published. Times are microseconds since 1970-01-01T00:00:00Z.
struct FileEntry {
  std::string path;           // relative to the storage root, with '/'; or absolute
  std::int64_t min_time = 0;  // exact: min(time) of the rows
  std::int64_t max_time = 0;  // exact: max(time) of the rows
  std::uint64_t row_count = 0;
  std::uint64_t byte_count = 0;
  std::uint8_t level = 0;  // 0 = flushed or imported, 1 = hourly, 2 = daily
  SortOrder sort_order = SortOrder::kTime;
  std::uint32_t checksum = 0;         // CRC-32C of the whole file
  std::uint32_t footer_bytes = 0;     // from its first byte to the file's end; 0: not known
  std::uint32_t footer_checksum = 0;  // CRC-32C of those bytes
  Lsn min_lsn = kLsnZero;             // of the requests whose rows it holds; both 0 for an import
  Lsn max_lsn = kLsnZero;

  bool operator==(const FileEntry&) const = default;
};

}  // namespace arc::catalog
