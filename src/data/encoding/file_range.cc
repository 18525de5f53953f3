#include "data/encoding/file_range.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "foundation/base/mutex.h"

namespace arc::encoding {

class FileRange::Stream : public arrow::io::RandomAccessFile {
 public:
  Stream(std::unique_ptr<fs::ReadFile> file, std::uint64_t offset, std::uint64_t byte_count)
      : file_(std::move(file)), offset_(offset), byte_count_(byte_count) {}

  arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(byte_count_); }
  arrow::Status Seek(std::int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    is_closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return is_closed_; }

  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t byte_count,
                                     void* target) override {
    const auto begin = std::min(static_cast<std::uint64_t>(position), byte_count_);
    const auto count = std::min(static_cast<std::uint64_t>(byte_count), byte_count_ - begin);
    auto read = file_->ReadAt(offset_ + begin, {static_cast<char*>(target), count});
    if (read.ok()) return static_cast<std::int64_t>(read.value());
    MutexLock lock(mutex_);
    if (!error_) error_ = std::move(read).TakeError();
    return arrow::Status::IOError(LogText(*error_));
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position,
                                                       std::int64_t byte_count) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(byte_count));
    ARROW_ASSIGN_OR_RAISE(const auto read, ReadAt(position, byte_count, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(read));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<std::int64_t> Read(std::int64_t byte_count, void* target) override {
    ARROW_ASSIGN_OR_RAISE(const auto read, ReadAt(position_, byte_count, target));
    position_ += read;
    return read;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t byte_count) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, byte_count));
    position_ += buffer->size();
    return buffer;
  }

  std::optional<Error> error() const {
    MutexLock lock(mutex_);
    return error_;
  }

 private:
  const std::unique_ptr<fs::ReadFile> file_;
  const std::uint64_t offset_;
  const std::uint64_t byte_count_;
  std::int64_t position_ = 0;
  bool is_closed_ = false;

  mutable Mutex mutex_;
  std::optional<Error> error_ GUARDED_BY(mutex_);  // Arrow reads ahead on a thread of its own
};

Result<FileRange> FileRange::Open(fs::FileSystem& file_system, const std::string& path,
                                  std::uint64_t offset, std::uint64_t byte_count) {
  auto file = TRY(file_system.Open(path));
  if (offset > file->byte_count() || byte_count > file->byte_count() - offset) {
    return Error{ErrorCode::kStorageFailed, "a file to import is shorter than it was", path};
  }
  return FileRange(std::make_shared<Stream>(std::move(file), offset, byte_count));
}

std::shared_ptr<arrow::io::RandomAccessFile> FileRange::stream() const { return stream_; }

Error FileRange::ErrorOf(const std::string& status_text) const {
  if (auto error = stream_->error()) return *error;
  return {ErrorCode::kUnprocessable, "the file cannot be read: " + status_text};
}

}  // namespace arc::encoding
