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

  // Runs `change` as one transaction.
  template <class Change>
  Result<void> Transact(Change change) REQUIRES(mutex) {
    TRY(connection->Execute("BEGIN"));
    auto changed = change();
    if (changed.ok()) changed = connection->Execute("COMMIT");
    if (!changed.ok()) IgnoreFailure(connection->Execute("ROLLBACK"), "the first failure is told");
    return changed;
  }

  Mutex mutex;
  const std::unique_ptr<sqlite::SqliteConnection> connection GUARDED_BY(mutex);

 private:
  explicit AuthFile(std::unique_ptr<sqlite::SqliteConnection> its_connection)
      : connection(std::move(its_connection)) {}
};

}  // namespace arc::auth
