// Reads JSON from front to back, without keeping it: a large answer is not built up in memory, and
// a number is what was written, not what fits into a double.

#pragma once

#include <string_view>

#include "foundation/base/result.h"

namespace arc::cli {

enum class JsonKind { kNull, kBoolean, kNumber, kText };

// What ReadJson finds, in order. `text` lives for the call only. A failure ends the reading.
class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;

  // "null", "true", "false", a number as it is written, or a text without quotes and escapes.
  virtual Result<void> OnValue(JsonKind kind, std::string_view text) = 0;
  // The name of the member whose value comes next.
  virtual Result<void> OnName(std::string_view name) = 0;
  // '[' or '{', and later, after what is inside, ']' or '}'.
  virtual Result<void> OnBegin(char bracket) = 0;
  virtual Result<void> OnEnd(char bracket) = 0;
};

// Fails with what `visitor` fails with, and with kInternal unless `json` is exactly one value.
Result<void> ReadJson(std::string_view json, JsonVisitor& visitor);

}  // namespace arc::cli
