// The machine's own disks (Linux).

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "foundation/fs/file_system.h"

namespace arc::fs {

class LocalFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<AppendFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<ReadFile>> Open(const std::string& path) override;
  Result<std::unique_ptr<RandomFile>> OpenRandom(const std::string& path,
                                                 IfAbsent if_absent) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> Remove(const std::string& path) override;
  Result<void> RemoveDirectory(const std::string& path) override;
  Result<void> CreateDirectories(const std::string& path) override;
  Result<void> CreateDirectoriesUnsynced(const std::string& path) override;
  Result<void> SyncDirectory(const std::string& path) override;
  // After one failure every later call fails, until the process ends: bytes of some file were lost,
  // and the kernel reports that only once and does not say of which file.
  Result<void> SyncFileSystem(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& path) override;
  Result<bool> Exists(const std::string& path) override;
  Result<void> MakePrivate(const std::string& path) override;
  // The lock belongs to the open file, so a second Lock() in the same process is refused too.
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;
  Result<std::unique_ptr<HeldPath>> Hold(const std::string& path) override;
  Result<std::uint64_t> FreeBytes(const std::string& path) override;

 private:
  std::atomic<bool> file_system_sync_failed_{false};
};

}  // namespace arc::fs
