// Space on disk for results that cannot be sent while they are made.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::format {

class SpoolFile;

// Lifetime: outlives its files.
// Threads:  any.
// Limits:   all files together have at most `bytes_max` bytes.
class Spool {
 public:
  // The files are made in `directory`, which exists, and lose their names at once: a crash leaves
  // nothing, or an empty file that is used again.
  Spool(fs::FileSystem& files, std::string directory, std::uint64_t bytes_max)
      : files_(files), directory_(std::move(directory)), bytes_max_(bytes_max) {}
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Fails as FileSystem::OpenRandom.
  Result<std::unique_ptr<SpoolFile>> Create();

  std::uint64_t byte_count() const { return byte_count_; }

 private:
  friend class SpoolFile;

  fs::FileSystem& files_;
  const std::string directory_;
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> next_number_{0};
  std::atomic<std::uint64_t> byte_count_{0};
};

// Threads: one at a time.
class SpoolFile {
 public:
  SpoolFile(Spool& spool, std::unique_ptr<fs::RandomFile> file)
      : spool_(spool), file_(std::move(file)) {}
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile() { spool_.byte_count_ -= byte_count_; }

  // Returns the offset of the bytes. Fails with kTooLarge over the spool's limit, with kNoSpace
  // when the disk is full.
  Result<std::uint64_t> Append(std::string_view bytes);
  // Appends `size` bytes from `offset` on to `out`; they must have been written.
  Result<void> Read(std::uint64_t offset, std::size_t size, std::string& out);

 private:
  Spool& spool_;
  const std::unique_ptr<fs::RandomFile> file_;
  std::uint64_t byte_count_ = 0;
};

}  // namespace arc::format
