// Comparing, hashing and showing short texts: keys and tag values of a few to a few dozen bytes,
// where a call to memcmp costs more than the comparison.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace arc::ingest::line_protocol {

namespace detail {

template <class Word>
Word Load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

template <class Word>
bool EqualEnds(const char* a, const char* b, std::size_t size) {
  const std::size_t last = size - sizeof(Word);
  return ((Load<Word>(a) ^ Load<Word>(b)) | (Load<Word>(a + last) ^ Load<Word>(b + last))) == 0;
}

inline std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace detail

inline bool EqualBytes(const char* a, const char* b, std::size_t size) {
  if (size > 32) return std::memcmp(a, b, size) == 0;
  if (size > 16) {
    return detail::EqualEnds<std::uint64_t>(a, b, 16) &&
           detail::EqualEnds<std::uint64_t>(a + size - 16, b + size - 16, 16);
  }
  if (size >= 8) return detail::EqualEnds<std::uint64_t>(a, b, size);
  if (size >= 4) return detail::EqualEnds<std::uint32_t>(a, b, size);
  if (size >= 2) return detail::EqualEnds<std::uint16_t>(a, b, size);
  return size == 0 || *a == *b;
}

inline bool EqualText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && EqualBytes(a.data(), b.data(), a.size());
}

// A number that nobody outside can guess, the same as long as the process lives. So a client cannot
// choose names that collide.
std::uint64_t HashSeed();

inline std::uint64_t HashText(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;  // odd, bits well spread
  const char* bytes = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = seed ^ left;
  for (; left > 8; bytes += 8, left -= 8) {
    hash = detail::Mix(hash ^ detail::Load<std::uint64_t>(bytes), kFactor ^ seed);
  }
  std::uint64_t tail = 0;
  if (left >= 4) {
    tail = detail::Load<std::uint32_t>(bytes);
    tail |= std::uint64_t{detail::Load<std::uint32_t>(bytes + left - 4)} << 32;
  } else if (left > 0) {
    tail = static_cast<unsigned char>(bytes[0]);
    tail |= std::uint64_t{static_cast<unsigned char>(bytes[left / 2])} << 8;
    tail |= std::uint64_t{static_cast<unsigned char>(bytes[left - 1])} << 16;
  }
  return detail::Mix(hash ^ tail, kFactor);
}

// The text in double quotes for a message, cut after 64 bytes at a character's edge.
std::string Quoted(std::string_view text);

// For unordered_map. This one hashes the text as it is.
struct TextHash {
  std::uint64_t seed = HashSeed();
  std::size_t operator()(std::string_view text) const { return HashText(text, seed); }
};

// These two ignore the case of ASCII letters.
struct TextHashIgnoringCase {
  std::uint64_t seed = HashSeed();
  std::size_t operator()(std::string_view text) const;
};
struct TextEqualIgnoringCase {
  bool operator()(std::string_view a, std::string_view b) const;
};

}  // namespace arc::ingest::line_protocol
