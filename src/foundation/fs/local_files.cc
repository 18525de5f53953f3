#include "foundation/fs/local_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "foundation/fs/errno_error.h"

namespace arc::fs {
namespace {

// Fills `target` from `offset` on, as far as the file goes.
Result<std::size_t> ReadFrom(const Descriptor& descriptor, std::uint64_t offset,
                             std::span<char> target, const std::string& path) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    const auto read = RetryInterrupted([&] {
      return ::pread(descriptor.number(), target.data() + filled, target.size() - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (read < 0) return ErrnoError(errno, "cannot read a file", path);
    if (read == 0) break;
    filled += static_cast<std::size_t>(read);
  }
  return filled;
}

// The pieces that are still to be written. One system call takes at most IOV_MAX of them.
class Gathering {
 public:
  explicit Gathering(std::span<const std::string_view> pieces) : pieces_(pieces) { Skip(0); }

  bool is_empty() const { return pieces_.empty(); }

  // The next vectors for pwritev; valid until Skip().
  std::span<const iovec> Next() {
    std::size_t count = 0;
    for (const auto& piece : pieces_.first(std::min(pieces_.size(), vectors_.size()))) {
      const auto rest = count == 0 ? piece.substr(first_done_) : piece;
      // pwritev only reads the bytes; its type is shared with preadv.
      vectors_[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    return std::span(vectors_).first(count);
  }

  // Skips the next `byte_count` bytes, and the empty pieces behind them.
  void Skip(std::size_t byte_count) {
    first_done_ += byte_count;
    while (!pieces_.empty() && first_done_ >= pieces_.front().size()) {
      first_done_ -= pieces_.front().size();
      pieces_ = pieces_.subspan(1);
    }
  }

 private:
  std::span<const std::string_view> pieces_;
  std::size_t first_done_ = 0;  // bytes of the first piece that are written
  std::array<iovec, IOV_MAX> vectors_;
};

}  // namespace

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

// fdatasync makes the bytes and the length durable; we use no other property of a file.
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
  return ReadFrom(descriptor_, offset, target, path_);
}

Result<std::size_t> LocalRandomFile::ReadAt(std::uint64_t offset, std::span<char> target) {
  return ReadFrom(descriptor_, offset, target, path_);
}

Result<void> LocalRandomFile::WriteAt(std::uint64_t offset,
                                      std::span<const std::string_view> pieces) {
  TRY(CheckUsable());
  Gathering gathering(pieces);
  while (!gathering.is_empty()) {
    const auto vectors = gathering.Next();
    const auto written = RetryInterrupted([&] {
      return ::pwritev(descriptor_.number(), vectors.data(), static_cast<int>(vectors.size()),
                       static_cast<off_t>(offset));
    });
    if (written < 0) return ErrnoError(errno, "cannot write to a file", path_);
    gathering.Skip(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> LocalRandomFile::Truncate(std::uint64_t byte_count) {
  TRY(CheckUsable());
  const auto length = static_cast<off_t>(byte_count);
  if (RetryInterrupted([&] { return ::ftruncate(descriptor_.number(), length); }) == 0) return {};
  return ErrnoError(errno, "cannot change the length of a file", path_);
}

Result<void> LocalRandomFile::Sync() {
  TRY(CheckUsable());
  if (RetryInterrupted([&] { return ::fdatasync(descriptor_.number()); }) == 0) return {};
  const int error_number = errno;
  sync_failed_ = true;
  return ErrnoError(error_number, "cannot sync a file", path_);
}

Result<std::uint64_t> LocalRandomFile::ByteCount() {
  struct stat status {};
  if (::fstat(descriptor_.number(), &status) != 0) {
    return ErrnoError(errno, "cannot ask for the length of a file", path_);
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<bool> LocalRandomFile::HasName() {
  struct stat status {};
  if (::fstat(descriptor_.number(), &status) == 0) return status.st_nlink > 0;
  return ErrnoError(errno, "cannot ask for the names of a file", path_);
}

Result<bool> LocalHeldPath::IsInPlace() {
  struct stat held {
  }, found{};
  if (::fstat(descriptor_.number(), &held) != 0) {
    return ErrnoError(errno, "cannot look at a held file", path_);
  }
  if (::stat(path_.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return ErrnoError(errno, "cannot look for a file", path_);
  }
  return held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

// The lock belongs to the open file, not to the process. It conflicts with SQLite's own locks in
// other processes. Closing the file releases it.
Result<void> LocalRandomFile::LockExclusively() {
  struct flock whole_file {};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (::fcntl(descriptor_.number(), F_OFD_SETLK, &whole_file) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return Error{ErrorCode::kOverloaded, "a file is held by another process", path_};
  }
  return ErrnoError(errno, "cannot lock a file", path_);
}

Result<void> LocalRandomFile::CheckUsable() const {
  if (!sync_failed_) return {};
  return Error{ErrorCode::kStorageFailed, "cannot write to a file after a failed sync", path_};
}

}  // namespace arc::fs
