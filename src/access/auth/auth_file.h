// The SQLite file of access control, mode 0600: opened, made, or brought to the newest format.
// Each row has a checksum (row_checksums.h); one that does not agree with it gives no rights.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "access/auth/row_checksums.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/sqlite/sqlite.h"

namespace arc::auth {

// Lifetime: outlives the stores that keep their tables in it.
// Threads:  one at a time has the connection, under the mutex.
class AuthFile {
 public:
  // Opens the file at `path`, or makes it; its folder must exist. Reads all of it: damaged rows are
  // in the log and in Problem(). Fails with kCorruptData when it is no token file, of a newer
  // server, or its structure is damaged.
  static Result<std::unique_ptr<AuthFile>> Open(fs::FileSystem& files, const std::string& path);

  // Ends the transaction in which `changed` was done: commits it, or takes it back when it failed.
  // Returns the first failure.
  Result<void> Finish(Result<void> changed) REQUIRES(mutex);
  // The same for a change that has a value, which is returned when it is committed.
  template <class T>
  Result<T> Finish(Result<T> changed) REQUIRES(mutex) {
    TRY(Finish(changed.ok() ? Result<void>() : Result<void>(changed.error())));
    return changed;
  }

  // A reader found a row that is damaged: the next LookAgain() looks.
  void NoteDamage() { is_suspect_ = true; }
  // Reads all rows where damage is known or was noted, so that Problem() tells how it is. Blocks on
  // the disk.
  void LookAgain();
  // One sentence for people, while rows are known to be damaged. Any thread; does not block.
  std::optional<std::string> Problem() const;
  std::size_t damaged_row_count() const;

  Mutex mutex;
  const std::unique_ptr<sqlite::SqliteConnection> connection GUARDED_BY(mutex);

 private:
  AuthFile(std::unique_ptr<sqlite::SqliteConnection> its_connection, std::string path)
      : connection(std::move(its_connection)), path_(std::move(path)) {}
  Result<void> BringToNewest(std::int64_t version) REQUIRES(mutex);
  Result<void> LookLocked() REQUIRES(mutex);

  const std::string path_;
  std::atomic<bool> is_suspect_{false};
  // Taken after `mutex`, and held for no longer than it takes to copy.
  mutable Mutex damage_mutex_;
  DamagedRows damage_ GUARDED_BY(damage_mutex_);
};

}  // namespace arc::auth
