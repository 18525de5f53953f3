// The folder that holds everything of one server: locked against a second server, marked with the
// version of its layout.

#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "fs/file_system.h"

namespace arc {

// Lifetime: opened first and destroyed last; the lock is held in between, and given back by the
//           system when the process dies.
class DataDirectory {
 public:
  // What this server reads and writes. A folder with a higher number is refused.
  static constexpr int kFormatVersion = 1;

  // Creates the folder when absent. Fails with kOverloaded when another server holds it, with
  // kCorruptData when its format is newer than this server's or its marker cannot be read.
  static Result<std::unique_ptr<DataDirectory>> Open(fs::FileSystem& file_system,
                                                     const std::string& path);

 private:
  explicit DataDirectory(std::unique_ptr<fs::FileLock> lock) : lock_(std::move(lock)) {}

  const std::unique_ptr<fs::FileLock> lock_;
};

}  // namespace arc
