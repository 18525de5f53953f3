// What a start looks at before it makes or changes anything: whether it would begin as new beside
// data that is there, or go on with less than there was.

#pragma once

#include <string>

#include "data/catalog/snapshot.h"
#include "data/inventory/state_file.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::store {

struct StorePaths {
  std::string data_directory;
  std::string catalog;
  std::string files_root;
  std::string log;

  std::string state() const { return data_directory + "/arc.state"; }
  std::string losses() const { return data_directory + "/arc.losses"; }
};

// Fails with kCorruptData when there is no catalog, or an empty one, although there are data files
// of ours, a write-ahead log, or an arc.state that tells of one. Without any of these it is a new
// server. Changes nothing on disk.
Result<void> CheckCatalogIsThere(fs::FileSystem& file_system, const StorePaths& paths);

// For storage.must_exist. Fails with kNotFound when there is no catalog.
Result<void> CheckIsNotNew(fs::FileSystem& file_system, const StorePaths& paths);

// Fails with kCorruptData when the catalog was newer once than it is.
Result<void> CheckCatalogIsNewest(std::uint64_t generation, const inventory::FoundState& found,
                                  const StorePaths& paths);

// Fails with kStorageFailed when the catalog has data files below the root and not one folder of
// their databases is there: most likely the disk is not mounted, and new files would go under it.
Result<void> CheckFilesAreThere(fs::FileSystem& file_system, const catalog::Snapshot& snapshot,
                                const StorePaths& paths);

// Whether arc.state knows of tokens, and there is no file at `tokens_path` or an empty one.
Result<bool> AreTokensLost(fs::FileSystem& file_system, const std::string& tokens_path,
                           const StorePaths& paths);

// The error of a catalog that cannot be opened, with the way on.
Error CatalogUnreadable(Error error, const StorePaths& paths);

}  // namespace arc::store
