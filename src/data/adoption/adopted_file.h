// Checks a Parquet file of another program that will be read in place: whether a query will read
// each of its columns and rows as what it is.

#pragma once

#include <string>
#include <vector>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/schema.h"

namespace arc::adoption {

// The columns without `time`, from the footer, where `arc:tags` names the tags. Fails with
// kUnprocessable when it is not a Parquet file, has no column `time` of timestamps (milliseconds,
// microseconds or nanoseconds; those without a time zone are UTC), or has a column of a type that
// queries cannot read in place.
Result<std::vector<SchemaColumn>> ReadAdoptedColumns(fs::FileSystem& file_system,
                                                     const std::string& path);

// Reads the whole file twice, for its checksum and for its rows. The entry has everything except
// the path. Fails with kUnprocessable when there is no row, a time is missing, a text is not UTF-8,
// a page is damaged, or the engine would not read a decimal as the nearest float.
Result<catalog::FileEntry> ReadAdoptedRows(fs::FileSystem& file_system, const std::string& path);

}  // namespace arc::adoption
