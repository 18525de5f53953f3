// Looks at a written Parquet file again before it is published.

#pragma once

#include <string>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::encoding {

// Reads the ends of the file at `path` back: the length and the footer of `entry`, magic at both
// ends, a footer that can be parsed and has as many rows. Fails with kCorruptData otherwise.
Result<void> CheckParquetFile(fs::FileSystem& file_system, const std::string& path,
                              const catalog::FileEntry& entry);

}  // namespace arc::encoding
