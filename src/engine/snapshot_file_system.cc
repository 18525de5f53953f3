#include "engine/snapshot_file_system.h"

#include <random>

namespace arc::engine {

std::string DrawFilePrefix() {
  std::random_device random;
  std::string prefix = "arc-";
  for (int i = 0; i < 4; i++) prefix += std::to_string(random());
  return prefix + ":";
}

SnapshotFileSystem::SnapshotFileSystem(std::string prefix, std::string storage_root)
    : prefix_(std::move(prefix)), storage_root_(std::move(storage_root)) {}

bool SnapshotFileSystem::CanHandleFile(const std::string& path) {
  return duckdb::StringUtil::StartsWith(path, prefix_);
}

duckdb::unique_ptr<duckdb::FileHandle> SnapshotFileSystem::OpenFile(
    const std::string& path, duckdb::FileOpenFlags flags,
    duckdb::optional_ptr<duckdb::FileOpener> opener) {
  if (flags.OpenForWriting()) throw duckdb::PermissionException("published files are read-only");
  const auto name = path.substr(prefix_.size() + 1);
  return LocalFileSystem::OpenFile(name.starts_with('/') ? name : storage_root_ + "/" + name, flags,
                                   opener);
}

duckdb::vector<duckdb::OpenFileInfo> SnapshotFileSystem::Glob(const std::string&,
                                                              duckdb::FileOpener*) {
  return {};
}

std::string SnapshotFileSystem::CanonicalizePath(const std::string& path,
                                                 duckdb::optional_ptr<duckdb::FileOpener>) {
  return path;
}

}  // namespace arc::engine
