// The folder that holds everything of one server: locked against a second server, marked with the
// version of its layout.

#pragma once

#include <memory>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::store {

// Lifetime: opened first and destroyed last; the lock is held in between, and given back by the
//           system when the process dies.
class DataDirectory {
 public:
  // What this server reads and writes. A folder with a higher number is refused.
  static constexpr int kFormatVersion = 1;

  // Creates the folder and the lock when absent, and nothing else. Fails with kOverloaded when
  // another server holds it, with kCorruptData when its format is newer than this server's or its
  // marker cannot be read.
  static Result<std::unique_ptr<DataDirectory>> Open(fs::FileSystem& file_system,
                                                     const std::string& path);

  // Writes the marker when there is none: for a start that has found nothing wrong.
  Result<void> Mark();
  bool is_marked() const { return is_marked_; }

 private:
  DataDirectory(fs::FileSystem& file_system, std::string path, std::unique_ptr<fs::FileLock> lock,
                bool is_marked)
      : file_system_(file_system),
        path_(std::move(path)),
        lock_(std::move(lock)),
        is_marked_(is_marked) {}

  fs::FileSystem& file_system_;
  const std::string path_;
  const std::unique_ptr<fs::FileLock> lock_;
  bool is_marked_;
};

}  // namespace arc::store
