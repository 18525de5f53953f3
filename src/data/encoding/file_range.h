// A range of bytes of a file of ours, as Arrow reads files.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arrow::io {
class RandomAccessFile;
}  // namespace arrow::io

namespace arc::encoding {

// Threads: one at a time.
class FileRange {
 public:
  // Fails when the file does not exist or ends before the range does.
  static Result<FileRange> Open(fs::FileSystem& file_system, const std::string& path,
                                std::uint64_t offset, std::uint64_t byte_count);

  // Shared with whatever of Arrow still reads when the range is gone.
  std::shared_ptr<arrow::io::RandomAccessFile> stream() const;

  // What to answer when Arrow fails on this range with `status_text`: the disk's own error when
  // that was the cause, else kUnprocessable, for the file is not what it should be.
  Error ErrorOf(const std::string& status_text) const;

 private:
  class Stream;
  explicit FileRange(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

  std::shared_ptr<Stream> stream_;
};

}  // namespace arc::encoding
