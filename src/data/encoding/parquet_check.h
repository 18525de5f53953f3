// Checks a written Parquet file before it is published.

#pragma once

#include <string>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::encoding {

// Reads both ends of the file at `path` back. Fails with kCorruptData unless the length and the
// footer are those of `entry`, both ends have Parquet's magic, and the footer can be parsed and has
// the right number of rows.
Result<void> CheckParquetFile(fs::FileSystem& file_system, const std::string& path,
                              const catalog::FileEntry& entry);

}  // namespace arc::encoding
