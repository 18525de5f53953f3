#include "fs/local_files.h"

#include <unistd.h>

#include "fs/errno_error.h"

namespace arc::fs {

Result<void> LocalAppendFile::Append(std::string_view bytes) {
  TRY(CheckUsable());
  while (!bytes.empty()) {
    const auto written =
        RetryInterrupted([&] { return ::write(descriptor_.number(), bytes.data(), bytes.size()); });
    if (written < 0) return ErrnoError(errno, "cannot write to a file", path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    bytes_written_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

// The length and the bytes suffice: the other times and rights of a file carry no meaning here.
Result<void> LocalAppendFile::Sync() {
  TRY(CheckUsable());
  if (RetryInterrupted([&] { return ::fdatasync(descriptor_.number()); }) == 0) return {};
  const int error_number = errno;
  sync_failed_ = true;
  return ErrnoError(error_number, "cannot sync a file", path_);
}

Result<void> LocalAppendFile::Close() {
  const int error_number = descriptor_.Close();
  if (error_number != 0) return ErrnoError(error_number, "cannot close a file", path_);
  return {};
}

Result<void> LocalAppendFile::CheckUsable() const {
  if (!descriptor_.is_open()) {
    return Error{ErrorCode::kStorageFailed, "cannot write to a closed file", path_};
  }
  if (sync_failed_) {
    return Error{ErrorCode::kStorageFailed, "cannot write to a file after a failed sync", path_};
  }
  return {};
}

Result<std::size_t> LocalReadFile::ReadAt(std::uint64_t offset, std::span<char> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    const auto read = RetryInterrupted([&] {
      return ::pread(descriptor_.number(), target.data() + filled, target.size() - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (read < 0) return ErrnoError(errno, "cannot read a file", path_);
    if (read == 0) break;
    filled += static_cast<std::size_t>(read);
  }
  return filled;
}

}  // namespace arc::fs
