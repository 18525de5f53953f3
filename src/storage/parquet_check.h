// Looks at a written Parquet file again before it is published.

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "fs/file_system.h"

namespace arc::storage {

// Reads the ends of the file at `path` back: right length, magic at both ends, a footer that can be
// parsed and has row_count rows. Fails with kCorruptData otherwise.
Result<void> CheckParquetFile(fs::FileSystem& file_system, const std::string& path,
                              std::uint64_t byte_count, std::uint64_t row_count);

}  // namespace arc::storage
