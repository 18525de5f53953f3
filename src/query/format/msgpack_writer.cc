#include "query/format/msgpack_writer.h"

namespace arc::format {

void MsgpackWriter::Int(std::int64_t value) {
  if (value >= -32 && value <= 127) return Byte(static_cast<std::uint8_t>(value));
  if (value == static_cast<std::int8_t>(value)) {
    return Tagged(0xd0, static_cast<std::uint8_t>(value));
  }
  if (value == static_cast<std::int16_t>(value)) {
    return Tagged(0xd1, static_cast<std::uint16_t>(value));
  }
  if (value == static_cast<std::int32_t>(value)) {
    return Tagged(0xd2, static_cast<std::uint32_t>(value));
  }
  Int64(value);
}

void MsgpackWriter::Text(std::string_view text) {
  const auto size = text.size();
  if (size < 32) {
    Byte(0xa0 | static_cast<unsigned>(size));
  } else if (size <= UINT8_MAX) {
    Tagged(0xd9, static_cast<std::uint8_t>(size));
  } else if (size <= UINT16_MAX) {
    Tagged(0xda, static_cast<std::uint16_t>(size));
  } else {
    Tagged(0xdb, static_cast<std::uint32_t>(size));
  }
  out_ += text;
}

void MsgpackWriter::Counted(std::size_t count, unsigned tag4, unsigned tag16) {
  if (count < 16) return Byte(tag4 | static_cast<unsigned>(count));
  if (count <= UINT16_MAX) return Tagged(tag16, static_cast<std::uint16_t>(count));
  Tagged(tag16 + 1, static_cast<std::uint32_t>(count));
}

void MsgpackWriter::Timestamp(std::int64_t seconds, std::uint32_t nanos) {
  constexpr unsigned kType = 0xff;  // -1
  if (seconds >= 0 && seconds <= UINT32_MAX && nanos == 0) {
    Byte(0xd6);
    return Tagged(kType, static_cast<std::uint32_t>(seconds));
  }
  if (seconds >= 0 && (seconds >> 34) == 0) {
    Byte(0xd7);
    return Tagged(kType, (std::uint64_t{nanos} << 34) | static_cast<std::uint64_t>(seconds));
  }
  Byte(0xc7);
  Byte(12);
  Tagged(kType, nanos);
  const auto bytes = BigEndian(static_cast<std::uint64_t>(seconds));
  out_.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

}  // namespace arc::format
