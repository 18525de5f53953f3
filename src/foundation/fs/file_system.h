// The disk, behind an interface. Only this folder calls open, write, fsync and rename. Tests put a
// faulty twin in its place.
//
// Paths are absolute or relative to the working directory. All calls may block on the disk and may
// be made from any thread; one file object belongs to one thread at a time.
// Errors: kNotFound where the named thing does not exist, kAlreadyExists where it must not,
// kNoSpace when the disk is full, kStorageFailed otherwise; `detail` holds the path and errno's
// text.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"

namespace arc::fs {

// A file being written from its beginning. Nothing is durable before Sync() has returned success;
// after a failed Sync() the file must be given up and never be synced again.
class AppendFile {
 public:
  virtual ~AppendFile() = default;  // closes, if Close() has not
  virtual Result<void> Append(std::string_view bytes) = 0;
  virtual Result<void> Sync() = 0;
  virtual Result<void> Close() = 0;
  virtual std::uint64_t bytes_written() const = 0;
};

// A file open for reading at any position.
class ReadFile {
 public:
  virtual ~ReadFile() = default;
  // Fills `target` from `offset` on; fewer bytes come back only at the end of the file.
  virtual Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) = 0;
  virtual std::uint64_t byte_count() const = 0;
};

// A file open for reading and writing at any position. Nothing is durable before Sync() has
// returned success. After a failed Sync() nobody knows what the disk holds, and every later Sync()
// fails too.
class RandomFile {
 public:
  virtual ~RandomFile() = default;  // closes
  // Fills `target` from `offset` on; fewer bytes come back only at the end of the file.
  virtual Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) = 0;
  // Writes all pieces, one after the other, from `offset` on; the file grows as needed. After a
  // failure any part of them may be written.
  virtual Result<void> WriteAt(std::uint64_t offset, std::span<const std::string_view> pieces) = 0;
  // Cuts the file, or fills it up with zeros, to `byte_count`.
  virtual Result<void> Truncate(std::uint64_t byte_count) = 0;
  // The bytes and the length (fdatasync).
  virtual Result<void> Sync() = 0;
  virtual Result<std::uint64_t> ByteCount() = 0;
  // False when the file has no name any more: nobody will find what is synced to it.
  virtual Result<bool> HasName() = 0;
  // Locks the file until this object is destroyed: other openings of it, and SQLite in other
  // processes, cannot lock it then. Fails with kOverloaded when another holds a lock. Never waits.
  virtual Result<void> LockExclusively() = 0;
};

// Holds an exclusive lock on a file until destroyed (also released when the process dies).
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// A file or folder under a path, held to find out later whether the path still leads to it.
class HeldPath {
 public:
  virtual ~HeldPath() = default;  // lets go
  // False when the path leads to nothing or to something else: the file was removed, renamed or
  // replaced, or another file system was mounted over it. Fails when the system gives no answer.
  virtual Result<bool> IsInPlace() = 0;
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  std::uint64_t byte_count = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Creates a new file; its folder must exist. Fails with kAlreadyExists if it is there.
  virtual Result<std::unique_ptr<AppendFile>> Create(const std::string& path) = 0;
  virtual Result<std::unique_ptr<ReadFile>> Open(const std::string& path) = 0;
  // Opens a file for reading and writing. When it is absent, kCreate creates it (its folder must
  // exist) and kFail fails.
  enum class IfAbsent : std::uint8_t { kFail, kCreate };
  virtual Result<std::unique_ptr<RandomFile>> OpenRandom(const std::string& path,
                                                         IfAbsent if_absent) = 0;
  // Atomic, replaces `to`. Durable once the folder of `to` is synced.
  virtual Result<void> Rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> Remove(const std::string& path) = 0;
  // Removes a folder only when it is empty; kStorageFailed otherwise.
  virtual Result<void> RemoveDirectory(const std::string& path) = 0;
  // Creates `path` and the folders above it as needed (mode 0700), and syncs each folder in which
  // one was created, so that the whole path is durable.
  virtual Result<void> CreateDirectories(const std::string& path) = 0;
  // The same without the syncs: for many folders that one SyncFileSystem makes durable.
  virtual Result<void> CreateDirectoriesUnsynced(const std::string& path) = 0;
  virtual Result<void> SyncDirectory(const std::string& path) = 0;
  // Makes everything written so far on the file system of `path` durable (syncfs): cheaper than
  // one sync a file when many files were written.
  virtual Result<void> SyncFileSystem(const std::string& path) = 0;
  // Entries in no order, without "." and "..".
  virtual Result<std::vector<DirectoryEntry>> List(const std::string& path) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  // Lets only its owner use the file (mode 0600). New files have that mode already.
  virtual Result<void> MakePrivate(const std::string&) { return {}; }
  // Takes the lock on `path`, creating the file when absent. Fails with kOverloaded when another
  // process holds it. Never waits.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
  // Holds the file or folder that `path` leads to. It can still be removed and renamed, but its
  // file system cannot be unmounted meanwhile.
  virtual Result<std::unique_ptr<HeldPath>> Hold(const std::string& path) = 0;
  // Bytes that an ordinary process may still write on the file system of `path`.
  virtual Result<std::uint64_t> FreeBytes(const std::string& path) = 0;

  // The machine's disks. Lives for ever.
  static FileSystem& Local();
};

// Reads a whole small file (at most bytes_max, else kTooLarge).
Result<std::string> ReadWholeFile(FileSystem& file_system, const std::string& path,
                                  std::size_t bytes_max);
// Writes a whole small file under its name in one atomic, durable step.
Result<void> WriteWholeFile(FileSystem& file_system, const std::string& path,
                            std::string_view bytes);
// The folder of a path ("." when the path has none).
std::string ParentOf(const std::string& path);

}  // namespace arc::fs
