#include "service/cli/request_body.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace arc::cli {
namespace {

// 128 random bits: no file contains them by accident.
std::string RandomBoundary() {
  std::random_device random;
  std::string boundary = "arc-";
  for (int i = 0; i < 4; ++i) boundary += std::to_string(random()) + '-';
  boundary.pop_back();
  return boundary;
}

// A file name inside the quotes of a Content-Disposition header, as HTML forms send it.
std::string QuoteFileName(const std::string& name) {
  std::string quoted;
  for (const char c : name) {
    if (c == '"') {
      quoted += "%22";
    } else if (c == '\r') {
      quoted += "%0D";
    } else if (c == '\n') {
      quoted += "%0A";
    } else {
      quoted += c;
    }
  }
  return quoted;
}

std::size_t CopyFrom(std::string_view source, std::uint64_t position, std::span<char> buffer) {
  const auto rest = source.substr(position);
  const auto count = std::min(rest.size(), buffer.size());
  std::memcpy(buffer.data(), rest.data(), count);
  return count;
}

}  // namespace

Result<std::size_t> TextBody::Read(std::span<char> buffer) {
  const auto count = CopyFrom(text_, position_, buffer);
  position_ += count;
  return count;
}

Result<std::unique_ptr<FileUploadBody>> FileUploadBody::Open(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return Error{ErrorCode::kNotFound, "the file " + path.string() + " does not exist"};
  }
  if (!std::filesystem::is_regular_file(status)) {
    return Error{ErrorCode::kNotFound, path.string() + " is not a file"};
  }
  std::ifstream file(path, std::ios::binary);
  const auto bytes = std::filesystem::file_size(path, error);
  if (!file || error) {
    return Error{ErrorCode::kStorageFailed, "the file " + path.string() + " cannot be read"};
  }
  return std::unique_ptr<FileUploadBody>(new FileUploadBody(path, std::move(file), bytes));
}

FileUploadBody::FileUploadBody(const std::filesystem::path& path, std::ifstream file,
                               std::uint64_t file_bytes)
    : path_(path), file_(std::move(file)), file_bytes_(file_bytes) {
  const std::string boundary = RandomBoundary();
  content_type_ = "multipart/form-data; boundary=" + boundary;
  head_ = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
          QuoteFileName(path.filename().string()) +
          "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
  tail_ = "\r\n--" + boundary + "--\r\n";
}

std::uint64_t FileUploadBody::size_bytes() const {
  return head_.size() + file_bytes_ + tail_.size();
}

Result<std::size_t> FileUploadBody::Read(std::span<char> buffer) {
  std::size_t count = 0;
  const std::uint64_t tail_begin = head_.size() + file_bytes_;
  if (position_ < head_.size()) {
    count = CopyFrom(head_, position_, buffer);
  } else if (position_ < tail_begin) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), tail_begin - position_);
    file_.read(buffer.data(), static_cast<std::streamsize>(wanted));
    count = static_cast<std::size_t>(file_.gcount());
    if (count == 0) {
      return Error{
          ErrorCode::kStorageFailed,
          "the file " + path_.string() + " became shorter or unreadable while it was sent"};
    }
  } else {
    count = CopyFrom(tail_, position_ - tail_begin, buffer);
  }
  position_ += count;
  return count;
}

}  // namespace arc::cli
