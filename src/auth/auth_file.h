// The SQLite file of access control, mode 0600: opened, made, or brought to the newest format.

#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "fs/file_system.h"
#include "sqlite/sqlite.h"

namespace arc::auth {

// Lifetime: outlives the stores that keep their tables in it.
// Threads:  one at a time has the connection, under the mutex.
class AuthFile {
 public:
  // Opens the file at `path`, or makes it; its folder must exist. Fails with kCorruptData when it
  // is none of ours, or of a newer server.
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

  Mutex mutex;
  const std::unique_ptr<sqlite::SqliteConnection> connection GUARDED_BY(mutex);

 private:
  explicit AuthFile(std::unique_ptr<sqlite::SqliteConnection> its_connection)
      : connection(std::move(its_connection)) {}
};

}  // namespace arc::auth
