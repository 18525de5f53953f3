// A range of bytes of a file on our disk, in the form in which Arrow reads files.

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

  // Shared, because readers of Arrow may still use it when the FileRange is destroyed.
  std::shared_ptr<arrow::io::RandomAccessFile> stream() const;

  // The error to report when Arrow fails on this range with `status_text`: the disk's own error if
  // the disk was the cause, else kUnprocessable, because the contents of the file are wrong.
  Error ErrorOf(const std::string& status_text) const;

 private:
  class Stream;
  explicit FileRange(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

  std::shared_ptr<Stream> stream_;
};

}  // namespace arc::encoding
