#include "foundation/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace arc {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool IsContinuation(std::string_view text, std::size_t index) {
  return index < text.size() && (ByteAt(text, index) & 0xC0) == 0x80;
}

// How many blocks of 64 bytes at the start are all ASCII, in bytes.
std::size_t AsciiBlocks(std::string_view text) {
  constexpr std::size_t kBlockBytes = 64;
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + kBlockBytes <= text.size(); at += kBlockBytes) {
    std::uint64_t words[kBlockBytes / sizeof(std::uint64_t)];
    std::memcpy(words, text.data() + at, kBlockBytes);
    std::uint64_t any = 0;
    for (const auto word : words) any |= word;
    if ((any & kHighBits) != 0) break;
  }
  return at;
}

}  // namespace

std::size_t Utf8SequenceLength(std::string_view text) {
  const unsigned char first = ByteAt(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !IsContinuation(text, 1)) return 0;
  if (first < 0xE0) return 2;
  const unsigned char second = ByteAt(text, 1);
  if (!IsContinuation(text, 2)) return 0;
  if (first < 0xF0) {
    const bool is_overlong = first == 0xE0 && second < 0xA0;
    const bool is_surrogate = first == 0xED && second >= 0xA0;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  const bool is_overlong = first == 0xF0 && second < 0x90;
  const bool is_above_unicode = first == 0xF4 && second >= 0x90;
  return is_overlong || is_above_unicode || !IsContinuation(text, 3) ? 0 : 4;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(AsciiBlocks(text));
    // Up to the next block, or to the end, sequence by sequence.
    for (std::size_t checked = 0; checked < 64 && !text.empty();) {
      const auto length = Utf8SequenceLength(text);
      if (length == 0) return false;
      text.remove_prefix(length);
      checked += length;
    }
  }
  return true;
}

}  // namespace arc
