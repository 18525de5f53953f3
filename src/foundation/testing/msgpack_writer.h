// Writes MessagePack for tests: each call appends one value, in the shortest form unless the name
// of the call says which. Containers take the number of their elements; the elements come next.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace arc::testing {

class MsgpackWriter {
 public:
  const std::string& bytes() const { return bytes_; }

  MsgpackWriter& Nil() { return Byte(0xC0); }
  MsgpackWriter& Bool(bool value) { return Byte(value ? 0xC3 : 0xC2); }
  MsgpackWriter& Double(double value) {
    return Byte(0xCB).BigEndian(std::bit_cast<std::uint64_t>(value), 8);
  }
  MsgpackWriter& Float(float value) {
    return Byte(0xCA).BigEndian(std::bit_cast<std::uint32_t>(value), 4);
  }
  MsgpackWriter& Int(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0) return Unsigned(bits);
    if (value >= -32) return Byte(bits & 0xFF);
    if (value >= INT8_MIN) return Byte(0xD0).BigEndian(bits, 1);
    if (value >= INT16_MIN) return Byte(0xD1).BigEndian(bits, 2);
    if (value >= INT32_MIN) return Byte(0xD2).BigEndian(bits, 4);
    return Int64(value);
  }
  MsgpackWriter& Unsigned(std::uint64_t value) {
    if (value <= 0x7F) return Byte(value);
    if (value <= UINT8_MAX) return Byte(0xCC).BigEndian(value, 1);
    if (value <= UINT16_MAX) return Byte(0xCD).BigEndian(value, 2);
    if (value <= UINT32_MAX) return Byte(0xCE).BigEndian(value, 4);
    return Byte(0xCF).BigEndian(value, 8);
  }
  MsgpackWriter& Int64(std::int64_t value) {
    return Byte(0xD3).BigEndian(static_cast<std::uint64_t>(value), 8);
  }
  MsgpackWriter& String(std::string_view text) {
    if (text.size() <= 31) return Byte(0xA0 | text.size()).Raw(text);
    return Sized(0xD9, text.size()).Raw(text);
  }
  MsgpackWriter& Binary(std::string_view data) { return Sized(0xC4, data.size()).Raw(data); }
  MsgpackWriter& Extension(std::int8_t type, std::string_view data) {
    const auto size = data.size();
    if (std::has_single_bit(size) && size <= 16) {
      Byte(0xD4 + static_cast<std::uint64_t>(std::countr_zero(size)));
    } else {
      Sized(0xC7, size);
    }
    return Byte(static_cast<std::uint8_t>(type)).Raw(data);
  }
  MsgpackWriter& Array(std::size_t count) {
    if (count <= 15) return Byte(0x90 | count);
    if (count <= UINT16_MAX) return Byte(0xDC).BigEndian(count, 2);
    return Byte(0xDD).BigEndian(count, 4);
  }
  MsgpackWriter& Map(std::size_t count) {
    if (count <= 15) return Byte(0x80 | count);
    if (count <= UINT16_MAX) return Byte(0xDE).BigEndian(count, 2);
    return Byte(0xDF).BigEndian(count, 4);
  }

  MsgpackWriter& Byte(std::uint64_t byte) {
    bytes_.push_back(static_cast<char>(byte));
    return *this;
  }
  MsgpackWriter& Raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  // The lowest `byte_count` bytes of `value`, the highest first.
  MsgpackWriter& BigEndian(std::uint64_t value, int byte_count) {
    for (int i = byte_count - 1; i >= 0; i--) Byte(value >> (8 * i) & 0xFF);
    return *this;
  }

 private:
  // The tags of the three widths of a size stand one after the other.
  MsgpackWriter& Sized(std::uint64_t tag, std::size_t size) {
    if (size <= UINT8_MAX) return Byte(tag).BigEndian(size, 1);
    if (size <= UINT16_MAX) return Byte(tag + 1).BigEndian(size, 2);
    return Byte(tag + 2).BigEndian(size, 4);
  }

  std::string bytes_;
};

}  // namespace arc::testing
