// The file that an import request carries, as it lies on the disk.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "service/http/message.h"
#include "service/http/spooled_body.h"

namespace arc::api {

// The bytes [offset, offset + byte_count) of the file at `path`: a part of the request's body, or,
// when the client sent it packed (gzip or zstd, told by its first bytes), another temporary file,
// which goes with this.
// Lifetime: shorter than the request's.
class UploadedFile {
 public:
  // Blocks on the disk. Fails with kInvalidInput when there is no file, or an empty or damaged one;
  // with kTooLarge when it unpacks to more than `bytes_max`.
  static Result<UploadedFile> Find(const http::Request& request, fs::FileSystem& file_system,
                                   std::uint64_t bytes_max);

  const std::string& path() const { return path_; }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t byte_count() const { return byte_count_; }

 private:
  UploadedFile(std::string path, std::uint64_t offset, std::uint64_t byte_count)
      : path_(std::move(path)), offset_(offset), byte_count_(byte_count) {}
  Result<void> Unpack(fs::FileSystem& file_system, std::uint64_t bytes_max);

  std::string path_;
  std::uint64_t offset_;
  std::uint64_t byte_count_;
  std::unique_ptr<http::SpooledBody> unpacked_;  // removes the file
};

}  // namespace arc::api
