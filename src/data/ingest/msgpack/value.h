// One MessagePack value, and sets of kinds of values.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/model/schema.h"

namespace arc::ingest::msgpack {

inline constexpr int kKindCount = 11;
enum class Kind : std::uint8_t {
  kNull,
  kBool,
  kInteger,      // any width, when an int64 holds it
  kHugeInteger,  // unsigned, beyond an int64
  kFloat,        // 32 or 64 bits
  kString,
  kBadString,  // a string that is not UTF-8
  kBinary,
  kExtension,
  kArray,
  kMap,
};

// A value as it was read. The kind says which fields are set.
struct Value {
  Kind kind = Kind::kNull;
  std::int8_t extension_type = 0;
  union {
    bool boolean;
    std::int64_t integer = 0;
    std::uint64_t huge_integer;
    double number;
    std::uint64_t count;  // elements of an array; entries of a map
  };
  std::string_view bytes;  // strings, binary and extensions: points into the body
};

// Kinds seen among the elements of an array.
class KindSet {
 public:
  void Add(Kind kind) { bits_ |= Bit(kind); }
  bool Has(Kind kind) const { return (bits_ & Bit(kind)) != 0; }
  // True when every kind in the set is one of `kinds`.
  template <class... Kinds>
  bool IsOnly(Kinds... kinds) const {
    return (bits_ & ~(Bit(kinds) | ...)) == 0;
  }

 private:
  static std::uint32_t Bit(Kind kind) { return std::uint32_t{1} << static_cast<int>(kind); }

  std::uint32_t bits_ = 0;
};

// The type of column that holds values of this kind; false when no column can hold them.
bool ColumnTypeOf(Kind kind, ColumnType& type);

// "an integer", "a map", ...: for messages.
std::string_view Describe(Kind kind);

// `name` in quotes for a message, cut after 64 bytes or so. Requires: valid UTF-8.
std::string Quoted(std::string_view name);

}  // namespace arc::ingest::msgpack
