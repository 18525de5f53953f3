// One value of one row as the line gave it, before it meets its column.

#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/model/schema.h"

namespace arc::ingest::line_protocol {

struct CellValue {
  enum class Kind : std::uint8_t { kBoolean, kInteger, kDouble, kString, kTag };

  Kind kind = Kind::kString;
  union {
    bool boolean;
    std::int64_t integer = 0;
    double real;
  };
  std::string_view text;  // kString, kTag: not owned

  void SetString(std::string_view value) {
    kind = Kind::kString;
    text = value;
  }
  void SetTag(std::string_view value) {
    kind = Kind::kTag;
    text = value;
  }

  ColumnType type() const {
    switch (kind) {
      case Kind::kBoolean:
        return ColumnType::kBool;
      case Kind::kInteger:
        return ColumnType::kInt64;
      case Kind::kDouble:
        return ColumnType::kDouble;
      case Kind::kString:
      case Kind::kTag:
        return ColumnType::kString;
    }
    __builtin_unreachable();
  }
};

}  // namespace arc::ingest::line_protocol
