// Bodies of requests: a text, or a file that is read while it is sent.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>

#include "foundation/base/result.h"

namespace arc::cli {

class RequestBody {
 public:
  virtual ~RequestBody() = default;
  virtual std::uint64_t size_bytes() const = 0;
  // Fills the beginning of `buffer` with what comes next; returns how many bytes, and 0 only when
  // size_bytes() bytes have been returned. Fails with kStorageFailed when the source breaks.
  virtual Result<std::size_t> Read(std::span<char> buffer) = 0;
};

class TextBody : public RequestBody {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  std::uint64_t size_bytes() const override { return text_.size(); }
  Result<std::size_t> Read(std::span<char> buffer) override;

 private:
  const std::string text_;
  std::size_t position_ = 0;
};

// A file as the part "file" of a multipart/form-data body. Holds no more of it than the caller's
// buffer.
class FileUploadBody : public RequestBody {
 public:
  // Fails with kNotFound or kStorageFailed when `path` is not a file that can be read.
  static Result<std::unique_ptr<FileUploadBody>> Open(const std::filesystem::path& path);

  // For the header of the request: "multipart/form-data; boundary=...".
  const std::string& content_type() const { return content_type_; }
  std::uint64_t file_bytes() const { return file_bytes_; }

  std::uint64_t size_bytes() const override;
  Result<std::size_t> Read(std::span<char> buffer) override;

 private:
  FileUploadBody(const std::filesystem::path& path, std::ifstream file, std::uint64_t file_bytes);

  const std::filesystem::path path_;
  std::ifstream file_;
  const std::uint64_t file_bytes_;
  std::string content_type_;
  std::string head_;
  std::string tail_;
  std::uint64_t position_ = 0;
};

}  // namespace arc::cli
