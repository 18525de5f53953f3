// Collects small pieces of text and appends them to a string in large ones.

#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace arc::format {

// Only when the buffer is destroyed the string is complete.
class TextBuffer {
 public:
  static constexpr std::size_t kRoomMax = 256;

  explicit TextBuffer(std::string& out) : out_(out) {}
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;
  ~TextBuffer() { Flush(); }

  // Up to kRoomMax bytes may be written here; Commit says where they end.
  char* Room() {
    if (static_cast<std::size_t>(bytes_ + sizeof(bytes_) - to_) < kRoomMax) Flush();
    return to_;
  }
  void Commit(char* end) { to_ = end; }

  void Append(char byte) {
    *Room() = byte;
    to_++;
  }
  void Append(std::string_view text) {
    if (text.size() > kRoomMax) {
      Flush();
      out_ += text;
      return;
    }
    std::memcpy(Room(), text.data(), text.size());
    to_ += text.size();
  }

  // The string with everything appended so far; the caller may append to it directly.
  std::string& Flushed() {
    Flush();
    return out_;
  }

 private:
  void Flush() {
    out_.append(bytes_, to_);
    to_ = bytes_;
  }

  std::string& out_;
  char bytes_[8192];
  char* to_ = bytes_;
};

}  // namespace arc::format
