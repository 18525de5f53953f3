// A request body too large for memory: a temporary file.

#pragma once

#include <cstdint>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::http {

// The complete file of one body; removed on destruction.
// Threads: belongs to one thread at a time.
class SpooledBody {
 public:
  // `file_system` must outlive this.
  SpooledBody(fs::FileSystem& file_system, std::string path)
      : file_system_(file_system), path_(std::move(path)) {}
  SpooledBody(const SpooledBody&) = delete;
  SpooledBody& operator=(const SpooledBody&) = delete;
  ~SpooledBody();  // may block on the disk

  const std::string& path() const { return path_; }
  std::uint64_t byte_count() const { return byte_count_; }

 private:
  friend class SpoolSink;

  fs::FileSystem& file_system_;
  const std::string path_;
  std::uint64_t byte_count_ = 0;
};

// Creates the folder and removes the files that a killed server left in it. No other server may use
// the folder. Only names that spooled bodies get are touched.
Result<void> PrepareSpoolDirectory(fs::FileSystem& file_system, const std::string& directory);

// The path of the n-th spooled body of this process.
std::string SpoolPath(const std::string& directory, std::uint64_t number);

}  // namespace arc::http
