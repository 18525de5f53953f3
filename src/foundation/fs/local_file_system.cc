#include "foundation/fs/local_file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "foundation/fs/descriptor.h"
#include "foundation/fs/errno_error.h"
#include "foundation/fs/local_files.h"

namespace arc::fs {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

Descriptor OpenDescriptor(const std::string& path, int flags) {
  return Descriptor(
      RetryInterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); }));
}

bool IsDirectory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// It is no failure when another thread has just made it, even if that thread has not synced it yet.
Result<void> MakeDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) return {};
  if (errno == EEXIST && IsDirectory(path)) return {};
  return ErrnoError(errno, "cannot create a folder", path);
}

}  // namespace

FileSystem& FileSystem::Local() {
  static LocalFileSystem local;
  return local;
}

Result<std::unique_ptr<AppendFile>> LocalFileSystem::Create(const std::string& path) {
  auto descriptor = OpenDescriptor(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot create a file", path);
  return {std::make_unique<LocalAppendFile>(std::move(descriptor), path)};
}

Result<std::unique_ptr<ReadFile>> LocalFileSystem::Open(const std::string& path) {
  auto descriptor = OpenDescriptor(path, O_RDONLY);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot open a file", path);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) {
    return ErrnoError(errno, "cannot open a file", path);
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kStorageFailed, "cannot open a file", path + ": not a regular file"};
  }
  return {std::make_unique<LocalReadFile>(std::move(descriptor), path,
                                          static_cast<std::uint64_t>(status.st_size))};
}

Result<std::unique_ptr<RandomFile>> LocalFileSystem::OpenRandom(const std::string& path,
                                                                IfAbsent if_absent) {
  const int create = if_absent == IfAbsent::kCreate ? O_CREAT : 0;
  auto descriptor = OpenDescriptor(path, O_RDWR | create);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot open a file for writing", path);
  return {std::make_unique<LocalRandomFile>(std::move(descriptor), path)};
}

Result<void> LocalFileSystem::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return ErrnoError(errno, "cannot rename a file", from + " -> " + to);
}

Result<void> LocalFileSystem::Remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  return ErrnoError(errno, "cannot remove a file", path);
}

Result<void> LocalFileSystem::RemoveDirectory(const std::string& path) {
  if (::rmdir(path.c_str()) == 0) return {};
  // POSIX allows two error numbers for a folder that is not empty; we use one of them.
  const int error_number = errno == EEXIST ? ENOTEMPTY : errno;
  return ErrnoError(error_number, "cannot remove a folder", path);
}

Result<void> LocalFileSystem::CreateDirectories(const std::string& path) {
  if (IsDirectory(path)) return {};
  const auto parent = ParentOf(path);
  if (parent != path) TRY(CreateDirectories(parent));
  TRY(MakeDirectory(path));
  return SyncDirectory(parent);
}

Result<void> LocalFileSystem::CreateDirectoriesUnsynced(const std::string& path) {
  if (IsDirectory(path)) return {};
  const auto parent = ParentOf(path);
  if (parent != path) TRY(CreateDirectoriesUnsynced(parent));
  return MakeDirectory(path);
}

Result<void> LocalFileSystem::SyncDirectory(const std::string& path) {
  const auto descriptor = OpenDescriptor(path, O_RDONLY | O_DIRECTORY);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot open a folder", path);
  if (RetryInterrupted([&] { return ::fsync(descriptor.number()); }) == 0) return {};
  return ErrnoError(errno, "cannot sync a folder", path);
}

Result<void> LocalFileSystem::SyncFileSystem(const std::string& path) {
  const auto descriptor = OpenDescriptor(path, O_RDONLY);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot open a folder", path);
  if (RetryInterrupted([&] { return ::syncfs(descriptor.number()); }) != 0) {
    const int error_number = errno;
    file_system_sync_failed_ = true;
    return ErrnoError(error_number, "cannot sync the file system", path);
  }
  if (file_system_sync_failed_) {
    return Error{ErrorCode::kStorageFailed, "cannot sync the file system: an earlier sync failed",
                 path};
  }
  return {};
}

Result<void> LocalFileSystem::MakePrivate(const std::string& path) {
  if (::chmod(path.c_str(), kFileMode) == 0) return {};
  return ErrnoError(errno, "cannot take a file for its owner alone", path);
}

Result<bool> LocalFileSystem::Exists(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return ErrnoError(errno, "cannot look for a file", path);
}

Result<std::unique_ptr<FileLock>> LocalFileSystem::Lock(const std::string& path) {
  auto descriptor = OpenDescriptor(path, O_RDWR | O_CREAT);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot open a lock file", path);
  if (RetryInterrupted([&] { return ::flock(descriptor.number(), LOCK_EX | LOCK_NB); }) != 0) {
    if (errno == EWOULDBLOCK) {
      return Error{ErrorCode::kOverloaded, "a lock file is held by another process", path};
    }
    return ErrnoError(errno, "cannot lock a file", path);
  }
  return {std::make_unique<LocalFileLock>(std::move(descriptor))};
}

Result<std::unique_ptr<HeldPath>> LocalFileSystem::Hold(const std::string& path) {
  // O_PATH opens the place, not the contents: it needs no right to read, and closing it releases no
  // lock.
  auto descriptor = OpenDescriptor(path, O_PATH);
  if (!descriptor.is_open()) return ErrnoError(errno, "cannot open a file or folder", path);
  return {std::make_unique<LocalHeldPath>(std::move(descriptor), path)};
}

Result<std::uint64_t> LocalFileSystem::FreeBytes(const std::string& path) {
  struct statvfs status {};
  if (RetryInterrupted([&] { return ::statvfs(path.c_str(), &status); }) != 0) {
    return ErrnoError(errno, "cannot ask for free space", path);
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace arc::fs
