#include "data/ingest/msgpack/value.h"

#include <array>
#include <cstddef>

namespace arc::ingest::msgpack {
namespace {

constexpr std::array<std::string_view, 11> kDescriptions = {"null",
                                                            "a boolean",
                                                            "an integer",
                                                            "an integer beyond 9223372036854775807",
                                                            "a float",
                                                            "a string",
                                                            "a string that is not valid UTF-8",
                                                            "binary data",
                                                            "an extension value",
                                                            "an array",
                                                            "a map"};

constexpr std::size_t kQuotedBytesMax = 64;

}  // namespace

bool ColumnTypeOf(Kind kind, ColumnType& type) {
  switch (kind) {
    case Kind::kNull:
      type = ColumnType::kNull;
      return true;
    case Kind::kBool:
      type = ColumnType::kBool;
      return true;
    case Kind::kInteger:
      type = ColumnType::kInt64;
      return true;
    case Kind::kFloat:
      type = ColumnType::kDouble;
      return true;
    case Kind::kString:
      type = ColumnType::kString;
      return true;
    case Kind::kHugeInteger:
    case Kind::kBadString:
    case Kind::kBinary:
    case Kind::kExtension:
    case Kind::kArray:
    case Kind::kMap:
      return false;
  }
  return false;
}

std::string_view Describe(Kind kind) { return kDescriptions[static_cast<std::size_t>(kind)]; }

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  if (name.size() <= kQuotedBytesMax) return quoted.append(name) + "\"";
  std::size_t bytes = kQuotedBytesMax;
  while (bytes > 0 && (name[bytes] & 0xC0) == 0x80) bytes--;  // not inside a character
  return quoted.append(name.substr(0, bytes)) + "...\"";
}

}  // namespace arc::ingest::msgpack
