// The only files that the locked DuckDB may open: paths under a prefix that is drawn anew for each
// engine. So the storage folder itself is closed to SQL: no read_parquet around a token's rights,
// no glob, no COPY TO into it, even for a statement that slips through the guard.

#pragma once

#include <string>

#include "engine/duckdb_api.h"

namespace arc::engine {

// "arc-" and random digits. Not a secret that protects anything alone, but not for clients either.
std::string DrawFilePrefix();

// Opens "<prefix>/<path of the catalog>", for reading: a path is relative to `storage_root`, or
// absolute for a file that was adopted where it lies.
class SnapshotFileSystem : public duckdb::LocalFileSystem {
 public:
  SnapshotFileSystem(std::string prefix, std::string storage_root);

  bool CanHandleFile(const std::string& path) override;
  std::string GetName() const override { return "SnapshotFileSystem"; }
  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const std::string& path, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& pattern,
                                            duckdb::FileOpener* opener) override;
  // Paths are canonical already; asking the disk would cost system calls for each file.
  std::string CanonicalizePath(const std::string& path,
                               duckdb::optional_ptr<duckdb::FileOpener> opener) override;

 private:
  const std::string prefix_;
  const std::string storage_root_;
};

}  // namespace arc::engine
