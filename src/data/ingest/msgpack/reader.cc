#include "data/ingest/msgpack/reader.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "foundation/text/utf8.h"

namespace arc::ingest::msgpack {
namespace {

constexpr const char* kTruncated = "the value is cut short";
constexpr const char* kTooDeep = "more than 32 levels of arrays and maps";
static_assert(kDepthMax == 32);

constexpr std::uint64_t kNotAscii = 0x8080808080808080;
constexpr int kFloat64Bytes = 9;  // with the tag

bool IsAscii(const char* bytes, std::size_t size) {
  std::uint64_t seen = 0;
  std::uint64_t word = 0;
  if (size < sizeof(word)) {
    std::memcpy(&word, bytes, size);
    return (word & kNotAscii) == 0;
  }
  for (std::size_t i = 0; i + sizeof(word) < size; i += sizeof(word)) {
    std::memcpy(&word, bytes + i, sizeof(word));
    seen |= word;
  }
  std::memcpy(&word, bytes + size - sizeof(word), sizeof(word));  // overlaps the word before
  return ((seen | word) & kNotAscii) == 0;
}

Kind KindOfString(std::string_view text) {
  if (IsAscii(text.data(), text.size())) return Kind::kString;
  return IsUtf8(text) ? Kind::kString : Kind::kBadString;
}

// What SkipValues needs to know about a value whose size and kind follow from its first byte.
struct Shape {
  std::uint8_t bytes = 0;  // with the first one; 0: only Read can tell
  Kind kind = Kind::kNull;
};

constexpr std::array<Shape, 256> MakeShapes() {
  std::array<Shape, 256> shapes{};
  for (int tag = 0x00; tag <= 0x7F; tag++) shapes[tag] = {1, Kind::kInteger};
  for (int tag = 0xE0; tag <= 0xFF; tag++) shapes[tag] = {1, Kind::kInteger};
  shapes[0xC0] = {1, Kind::kNull};
  shapes[0xC2] = shapes[0xC3] = {1, Kind::kBool};
  shapes[0xCA] = {5, Kind::kFloat};
  shapes[0xCB] = {9, Kind::kFloat};
  shapes[0xCC] = shapes[0xD0] = {2, Kind::kInteger};
  shapes[0xCD] = shapes[0xD1] = {3, Kind::kInteger};
  shapes[0xCE] = shapes[0xD2] = {5, Kind::kInteger};
  shapes[0xD3] = {9, Kind::kInteger};
  return shapes;
}
constexpr auto kShapes = MakeShapes();

}  // namespace

Error Reader::TakeError() const {
  return {ErrorCode::kInvalidInput, fmt::format("Invalid MessagePack payload: {} at byte {}",
                                                failure_, failure_position_ - begin_)};
}

bool Reader::FailAt(const char* position, const char* what) {
  if (failure_ == nullptr) {
    failure_ = what;
    failure_position_ = position;
  }
  position_ = end_;  // so that every later read fails as well
  return false;
}

template <class T>
bool Reader::ReadNumber(const char* start, Value& value) {
  if (left() < sizeof(T)) return FailAt(start, kTruncated);
  const T number = LoadBigEndian<T>(position_);
  position_ += sizeof(T);
  if constexpr (std::floating_point<T>) {
    value.kind = Kind::kFloat;
    value.number = number;
  } else if (sizeof(T) == 8 && std::unsigned_integral<T> &&
             number > static_cast<T>(std::numeric_limits<std::int64_t>::max())) {
    value.kind = Kind::kHugeInteger;
    value.huge_integer = number;
  } else {
    value.kind = Kind::kInteger;
    value.integer = static_cast<std::int64_t>(number);
  }
  return true;
}

template <std::unsigned_integral T>
bool Reader::ReadSize(const char* start, std::uint64_t& size) {
  if (left() < sizeof(T)) return FailAt(start, kTruncated);
  size = LoadBigEndian<T>(position_);
  position_ += sizeof(T);
  return true;
}

bool Reader::ReadBytes(const char* start, std::uint64_t size, Value& value) {
  if (left() < size) return FailAt(start, kTruncated);
  value.bytes = {position_, size};
  position_ += size;
  if (value.kind == Kind::kString) value.kind = KindOfString(value.bytes);
  return true;
}

bool Reader::ReadExtension(const char* start, std::uint64_t size, Value& value) {
  if (left() < 1) return FailAt(start, kTruncated);
  value.kind = Kind::kExtension;
  value.extension_type = static_cast<std::int8_t>(*position_++);
  return ReadBytes(start, size, value);
}

bool Reader::ReadCount(const char* start, int depth, std::uint64_t elements, Value& value) {
  if (depth >= kDepthMax) return FailAt(start, kTooDeep);
  if (left() < elements) return FailAt(start, kTruncated);  // an element is a byte at least
  value.count = value.kind == Kind::kMap ? elements / 2 : elements;
  return true;
}

bool Reader::Read(int depth, Value& value) {
  if (at_end()) return FailAt(position_, kTruncated);
  const char* const start = position_;
  const auto tag = static_cast<std::uint8_t>(*position_);
  position_++;
  if (tag <= 0x7F || tag >= 0xE0) {
    value.kind = Kind::kInteger;
    value.integer = static_cast<std::int8_t>(tag);
    return true;
  }
  if (tag >= 0xA0 && tag <= 0xBF) {
    value.kind = Kind::kString;
    return ReadBytes(start, tag & 0x1F, value);
  }
  if (tag <= 0x8F) {
    value.kind = Kind::kMap;
    return ReadCount(start, depth, std::uint64_t{tag & 0x0Fu} * 2, value);
  }
  if (tag <= 0x9F) {
    value.kind = Kind::kArray;
    return ReadCount(start, depth, tag & 0x0F, value);
  }
  switch (tag) {
    case 0xC0:
      value.kind = Kind::kNull;
      return true;
    case 0xC2:
    case 0xC3:
      value.kind = Kind::kBool;
      value.boolean = tag == 0xC3;
      return true;
    case 0xCA:
      return ReadNumber<float>(start, value);
    case 0xCB:
      return ReadNumber<double>(start, value);
    case 0xCC:
      return ReadNumber<std::uint8_t>(start, value);
    case 0xCD:
      return ReadNumber<std::uint16_t>(start, value);
    case 0xCE:
      return ReadNumber<std::uint32_t>(start, value);
    case 0xCF:
      return ReadNumber<std::uint64_t>(start, value);
    case 0xD0:
      return ReadNumber<std::int8_t>(start, value);
    case 0xD1:
      return ReadNumber<std::int16_t>(start, value);
    case 0xD2:
      return ReadNumber<std::int32_t>(start, value);
    case 0xD3:
      return ReadNumber<std::int64_t>(start, value);
    default:
      return ReadSized(start, depth, value);
  }
}

bool Reader::ReadSized(const char* start, int depth, Value& value) {
  const auto tag = static_cast<std::uint8_t>(*start);
  std::uint64_t size = 0;
  switch (tag) {
    case 0xC4:
    case 0xC5:
    case 0xC6:
      value.kind = Kind::kBinary;
      break;
    case 0xD9:
    case 0xDA:
    case 0xDB:
      value.kind = Kind::kString;
      break;
    case 0xC7:
    case 0xC8:
    case 0xC9:
      value.kind = Kind::kExtension;
      break;
    case 0xDC:
    case 0xDD:
      value.kind = Kind::kArray;
      break;
    case 0xDE:
    case 0xDF:
      value.kind = Kind::kMap;
      break;
    case 0xC1:
      return FailAt(start, "a byte that begins no value");
    default:  // D4 to D8: the size is in the tag
      return ReadExtension(start, std::uint64_t{1} << (tag - 0xD4), value);
  }
  switch (tag) {
    case 0xC4:
    case 0xC7:
    case 0xD9:
      if (!ReadSize<std::uint8_t>(start, size)) return false;
      break;
    case 0xC5:
    case 0xC8:
    case 0xDA:
    case 0xDC:
    case 0xDE:
      if (!ReadSize<std::uint16_t>(start, size)) return false;
      break;
    default:
      if (!ReadSize<std::uint32_t>(start, size)) return false;
      break;
  }
  if (value.kind == Kind::kArray) return ReadCount(start, depth, size, value);
  if (value.kind == Kind::kMap) return ReadCount(start, depth, size * 2, value);
  if (value.kind == Kind::kExtension) return ReadExtension(start, size, value);
  return ReadBytes(start, size, value);
}

bool Reader::ReadWhole(int depth, Value& value) {
  if (!Read(depth, value)) return false;
  const bool has_contents = value.kind == Kind::kArray || value.kind == Kind::kMap;
  return !has_contents || SkipContents(depth, value);
}

bool Reader::Skip(int depth) {
  Value value;
  return ReadWhole(depth, value);
}

bool Reader::SkipContents(int depth, const Value& container) {
  // How many values are left in each open container: no recursion, whatever the body nests.
  std::array<std::uint64_t, kDepthMax> left_in{};
  int open = 0;
  Value value = container;
  while (true) {
    if (value.kind == Kind::kArray || value.kind == Kind::kMap) {
      left_in[open++] = value.kind == Kind::kMap ? value.count * 2 : value.count;
    }
    while (open > 0 && left_in[open - 1] == 0) open--;
    if (open == 0) return true;
    left_in[open - 1]--;
    if (!Read(depth + open, value)) return false;
  }
}

bool Reader::SkipValues(int depth, std::uint64_t count, KindSet& kinds) {
  while (count > 0) {
    if (at_end()) return FailAt(position_, kTruncated);
    const auto tag = static_cast<std::uint8_t>(*position_);
    if (tag == 0xCB) {
      kinds.Add(Kind::kFloat);
      const char* const start = position_;
      while (count > 0 && left() >= kFloat64Bytes && *position_ == static_cast<char>(0xCB)) {
        position_ += kFloat64Bytes;
        count--;
      }
      if (position_ == start) return FailAt(start, kTruncated);
      continue;
    }
    const auto shape = kShapes[tag];
    if ((tag & 0xE0) == 0xA0) {  // a short string
      const std::uint64_t size = tag & 0x1F;
      if (left() <= size) return FailAt(position_, kTruncated);
      kinds.Add(KindOfString({position_ + 1, size}));
      position_ += 1 + size;
    } else if (shape.bytes != 0) {
      if (left() < shape.bytes) return FailAt(position_, kTruncated);
      position_ += shape.bytes;
      kinds.Add(shape.kind);
    } else {
      Value value;
      if (!ReadWhole(depth, value)) return false;
      kinds.Add(value.kind);
    }
    count--;
  }
  return true;
}

}  // namespace arc::ingest::msgpack
