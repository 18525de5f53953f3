// Start-up deletes the files that a crash left between their last rename and the catalog's commit,
// when the write-ahead log has given their rows back. docs/formats/files.md tells why only those.

#pragma once

#include <cstdint>
#include <string>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "data/files/file_name.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::files {

// For start-up, after a replay and before the first flush. Looks only at the days of buffered rows.
// Deletes, durably, the finished files there that neither the catalog has nor this process has
// made, and all of whose rows are buffered, as far as the file's footer tells: measurement, LSNs,
// first and last time, count. Returns how many. Whatever else is there stays, as does everything
// that cannot be read; fails when the disk fails in listing or deleting.
Result<std::uint64_t> SweepOrphans(fs::FileSystem& file_system, const std::string& root,
                                   const catalog::Catalog& catalog,
                                   const buffer::LiveMeasurements& tables, const FileIdSource& ids);

}  // namespace arc::files
