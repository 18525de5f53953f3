#include "data/wal/file_window.h"

#include <algorithm>
#include <span>

namespace arc::wal {

Result<std::string_view> FileWindow::View(std::uint64_t offset, std::uint64_t length) {
  if (offset >= byte_count()) return std::string_view{};
  length = std::min(length, byte_count() - offset);
  if (offset < buffer_offset_ || offset + length > buffer_offset_ + buffer_bytes_) {
    const auto wanted =
        std::min(std::max<std::uint64_t>(length, kReadAhead), byte_count() - offset);
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    buffer_bytes_ = 0;
    buffer_bytes_ = TRY(file_->ReadAt(offset, std::span<char>(buffer_.data(), wanted)));
    buffer_offset_ = offset;
    // Shorter than its length said: somebody cut the file. What is missing is missing.
    length = std::min(length, buffer_bytes_);
  }
  return std::string_view{buffer_.data() + (offset - buffer_offset_), length};
}

Result<std::uint64_t> FileWindow::EndWithoutZeros(std::uint64_t begin, std::uint64_t end) {
  auto last = begin;
  for (auto offset = begin; offset < end;) {
    const auto bytes = TRY(View(offset, std::min<std::uint64_t>(end - offset, kReadAhead)));
    if (bytes.empty()) break;
    const auto found = bytes.find_last_not_of('\0');
    if (found != std::string_view::npos) last = offset + found + 1;
    offset += bytes.size();
  }
  return last;
}

}  // namespace arc::wal
