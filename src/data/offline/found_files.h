// Finds our data files below the storage root without a catalog.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/catalog/file_entry.h"
#include "data/encoding/file_footer.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::offline {

struct FoundFile {
  MeasurementName table;  // from its folder
  encoding::FileFooter footer;
  std::vector<SchemaColumn> columns;  // without `time`
  catalog::FileEntry entry;           // for the new catalog
};

struct FoundFiles {
  std::vector<FoundFile> files;
  std::uint64_t byte_count = 0;
  std::uint64_t unreadable_count = 0;  // each was reported
  std::uint64_t foreign_count = 0;     // Parquet files of others
};

struct FindListener {
  std::function<void(const std::string& path, const Error& why)> on_unreadable;
  std::function<void(std::uint64_t files, std::uint64_t bytes)> on_progress;  // after each file
};

// Walks over the folders of databases and measurements and reads every byte of every file, for its
// checksum. Changes nothing. Fails when a folder cannot be listed; a file that cannot be read is
// reported and left out. `files` are in the order of their paths.
Result<FoundFiles> FindDataFiles(fs::FileSystem& file_system, const std::string& root,
                                 const FindListener& listener);

}  // namespace arc::offline
