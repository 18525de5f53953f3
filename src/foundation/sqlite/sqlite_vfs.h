// Makes SQLite use our disk: a VFS of SQLite over fs::FileSystem, so that whatever SQLite does to
// its files can be counted, and made to fail, like everything else. https://sqlite.org/vfs.html
//
// There is no shared memory, so a log (journal_mode = WAL) needs locking_mode = EXCLUSIVE.

#pragma once

#include <sqlite3.h>

#include <optional>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::sqlite {

// Registered with SQLite under a name of its own as long as it lives.
// Lifetime: longer than the connection that uses it, shorter than its file system.
// Threads:  that of its one connection.
class SqliteVfs {
 public:
  explicit SqliteVfs(fs::FileSystem& file_system);
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;
  ~SqliteVfs();

  const std::string& name() const { return name_; }
  fs::FileSystem& file_system() { return file_system_; }

  // What our disk said at its last failure: SQLite keeps only a number of it.
  const std::optional<Error>& last_failure() const { return last_failure_; }
  // Whether any sync has failed. Such a file takes nothing more until it is opened anew, and SQLite
  // tells nobody when that happened in a checkpoint.
  bool has_sync_failed() const { return has_sync_failed_; }

  // For the functions that SQLite calls: remembers `error`; returns SQLITE_FULL for a full disk,
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
