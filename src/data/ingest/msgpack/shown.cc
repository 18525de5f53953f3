#include "data/ingest/msgpack/shown.h"

#include <fmt/format.h>

#include <cmath>

#include "foundation/model/decoded_body.h"
#include "foundation/text/json_text.h"

namespace arc::ingest::msgpack {
namespace {

class Printer {
 public:
  Printer(Reader& cursor, std::size_t bytes_max) : cursor_(cursor), bytes_max_(bytes_max) {}

  std::string Print(int depth) {
    PrintValue(depth);
    return std::move(text_);
  }

 private:
  // False when the text is full or the bytes cannot be read.
  bool PrintValue(int depth) {
    Value value;
    if (text_.size() >= bytes_max_ || !cursor_.Read(depth, value)) return End();
    if (value.kind == Kind::kArray) {
      text_ += '[';
      for (std::uint64_t i = 0; i < value.count; i++) {
        if (i > 0) text_ += ", ";
        if (!PrintValue(depth + 1)) return false;
      }
      text_ += ']';
    } else if (value.kind == Kind::kMap) {
      text_ += '{';
      for (std::uint64_t i = 0; i < value.count; i++) {
        if (i > 0) text_ += ", ";
        if (!PrintValue(depth + 1)) return false;
        text_ += ": ";
        if (!PrintValue(depth + 1)) return false;
      }
      text_ += '}';
    } else {
      text_ += Shown(value);
    }
    return true;
  }

  bool End() {
    text_ += "...";
    return false;
  }

  Reader& cursor_;
  const std::size_t bytes_max_;
  std::string text_;
};

}  // namespace

std::string Shown(const Value& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.boolean ? "true" : "false";
    case Kind::kInteger:
      return fmt::format("{}", value.integer);
    case Kind::kHugeInteger:
      return fmt::format("{}", value.huge_integer);
    case Kind::kFloat:
      return std::isfinite(value.number) ? fmt::format("{}", value.number)
                                         : fmt::format("\"{}\"", value.number);
    case Kind::kString:
    case Kind::kBadString:
      return JsonString(ShownValue(value.bytes));
    case Kind::kBinary:
    case Kind::kExtension:
      return fmt::format("\"({}, {} bytes)\"", Describe(value.kind), value.bytes.size());
    case Kind::kArray:
    case Kind::kMap:
      return fmt::format("\"({})\"", Describe(value.kind));
    case Kind::kNull:
      return "null";
  }
  __builtin_unreachable();
}

std::string ShownItem(Reader cursor, int depth, std::size_t bytes_max) {
  return Printer(cursor, bytes_max).Print(depth);
}

std::string ShownRow(std::string_view measurement, const Value* time, std::span<const Cell> cells,
                     std::size_t bytes_max) {
  auto text = fmt::format("{{\"m\": {}", JsonString(measurement));
  if (time != nullptr) text.append(", \"time\": ").append(Shown(*time));
  for (const auto& cell : cells) {
    if (text.size() >= bytes_max) return text.append(", ...");
    text.append(", ").append(JsonString(ShownValue(cell.name))).append(": ");
    text.append(Shown(cell.value));
  }
  return text.append("}");
}

}  // namespace arc::ingest::msgpack
