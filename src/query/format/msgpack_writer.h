// Appends MessagePack values to a string.
// Format: https://github.com/msgpack/msgpack/blob/master/spec.md

#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arc::format {

class MsgpackWriter {
 public:
  explicit MsgpackWriter(std::string& out) : out_(out) {}

  void Nil() { Byte(0xc0); }
  void Bool(bool value) { Byte(value ? 0xc3 : 0xc2); }
  // Always with 64 bits.
  void Int64(std::int64_t value) { Tagged(0xd3, static_cast<std::uint64_t>(value)); }
  void Uint64(std::uint64_t value) { Tagged(0xcf, value); }
  // In the shortest form.
  void Int(std::int64_t value);
  void Float(float value) { Tagged(0xca, std::bit_cast<std::uint32_t>(value)); }
  void Double(double value) { Tagged(0xcb, std::bit_cast<std::uint64_t>(value)); }
  void Text(std::string_view text);
  void ArrayOf(std::size_t count) { Counted(count, 0x90, 0xdc); }
  void MapOf(std::size_t count) { Counted(count, 0x80, 0xde); }
  // The timestamp extension type; `nanos` is 0 to 999,999,999.
  void Timestamp(std::int64_t seconds, std::uint32_t nanos);

 private:
  void Byte(unsigned value) { out_ += static_cast<char>(value); }

  template <std::unsigned_integral T>
  static T BigEndian(T value) {
    static_assert(std::endian::native == std::endian::little);
    if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
    if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
    return value;
  }
  template <std::unsigned_integral T>
  void Tagged(unsigned tag, T value) {
    const T bytes = BigEndian(value);
    char text[1 + sizeof(T)];
    text[0] = static_cast<char>(tag);
    __builtin_memcpy(text + 1, &bytes, sizeof(T));
    out_.append(text, sizeof(text));
  }
  // `tag16` + 1 is the tag of 32 bits.
  void Counted(std::size_t count, unsigned tag4, unsigned tag16);

  std::string& out_;
};

}  // namespace arc::format
