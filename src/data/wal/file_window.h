// Shows a file piece by piece, in bounded memory, reading ahead.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "foundation/fs/file_system.h"

namespace arc::wal {

// Threads: one.
class FileWindow {
 public:
  explicit FileWindow(std::unique_ptr<fs::ReadFile> file) : file_(std::move(file)) {}

  std::uint64_t byte_count() const { return file_->byte_count(); }

  // The bytes from `offset` on, `length` or as many as there are. Valid until the next call. Takes
  // as much memory as the longest view.
  Result<std::string_view> View(std::uint64_t offset, std::uint64_t length);

  // `begin` <= result <= `end`: where the zeros begin that fill the range up to its end.
  Result<std::uint64_t> EndWithoutZeros(std::uint64_t begin, std::uint64_t end);

 private:
  static constexpr std::size_t kReadAhead = std::size_t{8} << 20;  // more is not faster

  std::unique_ptr<fs::ReadFile> file_;
  std::string buffer_;
  std::uint64_t buffer_offset_ = 0;
  std::uint64_t buffer_bytes_ = 0;
};

}  // namespace arc::wal
