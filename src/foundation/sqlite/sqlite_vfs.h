// Makes SQLite use our disk: a VFS of SQLite (https://sqlite.org/vfs.html) over fs::FileSystem. So
// tests can count what SQLite does to its files, and make it fail, as with all other files.
//
// What SQLite relies on, and how it gets it:
// - A sync that returned success has made the bytes durable. The first sync of a file that SQLite
//   was allowed to create also syncs its folder, because the folder's entry may not be durable yet.
// - After a failed sync nobody knows what the disk holds. The file refuses every later write and
//   sync until it is opened anew, and has_sync_failed() stays true. SQLite does not report a failed
//   sync of a checkpoint to its caller, so the caller must ask has_sync_failed() and close the
//   connection.
// - Reading past the end gives zeros and SQLITE_IOERR_SHORT_READ.
// - There is one kind of lock, exclusive, held from the first access until the file is closed.
//   There is no shared memory, so a log (journal_mode = WAL) needs locking_mode = EXCLUSIVE.
// - SQLite is C: no exception passes through it. One becomes the error code of the call.

#pragma once

#include <sqlite3.h>

#include <optional>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::sqlite {

// Registered with SQLite under a name of its own as long as it lives.
// Lifetime: longer than the connection that uses it, shorter than its file system.
// Threads:  the thread of its one connection.
class SqliteVfs {
 public:
  explicit SqliteVfs(fs::FileSystem& file_system);
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;
  ~SqliteVfs();

  const std::string& name() const { return name_; }
  fs::FileSystem& file_system() { return file_system_; }

  // What our disk said at its last failure; SQLite itself keeps only a number.
  const std::optional<Error>& last_failure() const { return last_failure_; }
  // Whether any sync of any file of this VFS has failed. Never reset.
  bool has_sync_failed() const { return has_sync_failed_; }

  // For the functions that SQLite calls: remembers `error`. Returns SQLITE_FULL for a full disk,
  // else `code`.
  int Failed(const Error& error, int code);
  // The same for an exception.
  int FailedWithoutMemory(int code) noexcept;

 private:
  fs::FileSystem& file_system_;
  const std::string name_;
  sqlite3_vfs vfs_;
  std::optional<Error> last_failure_;
  bool has_sync_failed_ = false;
};

}  // namespace arc::sqlite
