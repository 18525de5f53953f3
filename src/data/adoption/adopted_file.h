// Looks at a Parquet file of another program that is to be read where it lies: whether every one of
// its columns and rows is what a query will take it for.

#pragma once

#include <string>
#include <vector>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/schema.h"

namespace arc::adoption {

// The columns but `time`, by the footer; `arc:tags` there names the tags. Fails with kUnprocessable
// when it is not a Parquet file, has no column `time` of timestamps (milliseconds, microseconds or
// nanoseconds, with or without a time zone: without one they are UTC), or a column of a type that
// queries cannot read in place.
Result<std::vector<SchemaColumn>> ReadAdoptedColumns(fs::FileSystem& file_system,
                                                     const std::string& path);

// Reads the file to its end, twice (checksum, rows). The entry has everything but the path. Fails
// with kUnprocessable when there is no row, a time is missing, a text is not UTF-8, a page is
// damaged, or a decimal is not the float that the engine makes of it.
Result<catalog::FileEntry> ReadAdoptedRows(fs::FileSystem& file_system, const std::string& path);

}  // namespace arc::adoption
