// Reads MessagePack bytes, and checks every length against the rest of the body.
//
//   value  := 00..7f | e0..ff                                   small integers
//           | 80..8f | de count:2 | df count:4, count * 2 values        map
//           | 90..9f | dc count:2 | dd count:4, count values            array
//           | a0..bf | d9 size:1 | da size:2 | db size:4, bytes         string
//           | c0 | c2 | c3                                              nil, false, true
//           | c4 size:1 | c5 size:2 | c6 size:4, bytes                  binary
//           | c7 size:1 | c8 size:2 | c9 size:4 | d4..d8, type:1, bytes extension
//           | ca:4 | cb:8 | cc:1 cd:2 ce:4 cf:8 | d0:1 d1:2 d2:4 d3:8   float, unsigned, signed
//
// Numbers are big-endian; c1 is never used.

#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "data/ingest/msgpack/value.h"
#include "foundation/base/result.h"

namespace arc::ingest::msgpack {

// How many arrays and maps may stand one inside the other, the outermost included.
inline constexpr int kDepthMax = 32;

template <class T>
T LoadBigEndian(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(T) == 1) {
    return static_cast<T>(*bytes);
  } else if constexpr (sizeof(T) == 2) {
    std::uint16_t word;
    std::memcpy(&word, bytes, sizeof(word));
    return std::bit_cast<T>(__builtin_bswap16(word));
  } else if constexpr (sizeof(T) == 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes, sizeof(word));
    return std::bit_cast<T>(__builtin_bswap32(word));
  } else {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof(word));
    return std::bit_cast<T>(__builtin_bswap64(word));
  }
}

// A cursor over a body. Functions return false when the bytes there are not MessagePack; the first
// failure is kept and everything after it fails, too. `body` must outlive the reader and the
// values it gives.
//
// Strings are not copied: a value points into the body. Nothing here recurses, so a body that nests
// deeply costs no stack; one that nests deeper than kDepthMax fails.
class Reader {
 public:
  explicit Reader(std::string_view body)
      : begin_(body.data()), position_(begin_), end_(begin_ + body.size()) {}
  // A cursor at `position` inside the body of `other`.
  Reader(const Reader& other, const char* position)
      : begin_(other.begin_), position_(position), end_(other.end_) {}

  const char* position() const { return position_; }
  bool at_end() const { return position_ == end_; }
  // Requires: a call has failed.
  Error TakeError() const;

  // Reads one value; of an array or a map only the head: its elements come next, and at least one
  // byte is left for each. `depth`: how many containers stand around the value.
  bool Read(int depth, Value& value);
  // The same, and moves past the contents of an array or map.
  bool ReadWhole(int depth, Value& value);
  // Moves past one value with all its contents.
  bool Skip(int depth);
  // Moves past the contents of an array or map whose head Read has just returned.
  bool SkipContents(int depth, const Value& container);
  // Moves past `count` values, as Skip does, and adds their kinds to `kinds`.
  bool SkipValues(int depth, std::uint64_t count, KindSet& kinds);

  // Fails at this position, for callers that expected something else.
  bool Fail(const char* what) { return FailAt(position_, what); }

 private:
  std::uint64_t left() const { return static_cast<std::uint64_t>(end_ - position_); }
  bool FailAt(const char* position, const char* what);
  bool ReadBytes(const char* start, std::uint64_t size, Value& value);
  bool ReadExtension(const char* start, std::uint64_t size, Value& value);
  bool ReadCount(const char* start, int depth, std::uint64_t elements, Value& value);
  bool ReadSized(const char* start, int depth, Value& value);
  template <class T>
  bool ReadNumber(const char* start, Value& value);
  template <std::unsigned_integral T>
  bool ReadSize(const char* start, std::uint64_t& size);

  const char* begin_;
  const char* position_;
  const char* end_;
  const char* failure_ = nullptr;
  const char* failure_position_ = nullptr;
};

}  // namespace arc::ingest::msgpack
