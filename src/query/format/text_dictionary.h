// The dictionary of a text column that has few different values: each value once.

#pragma once

#include <arrow/array.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "foundation/base/result.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::format {

// Memory: kValuesMax values, and the new ones of one chunk.
class TextDictionary {
 public:
  static constexpr std::size_t kValuesMax = 4096;

  // Whether a column that begins like this is worth a dictionary: it has 256 rows or more, and at
  // least four times as many rows as different values.
  static bool IsWorthIt(const engine::ResultColumn& column, std::size_t row_count);

  // The rows as dictionary<int32, utf8>. The dictionary is the same object as in the last call
  // unless there is a new value.
  Result<std::shared_ptr<arrow::Array>> Encode(const engine::ResultColumn& column,
                                               std::size_t row_count);

 private:
  std::int32_t IndexOf(std::string_view text);

  std::deque<std::string> values_;  // by index
  std::unordered_map<std::string_view, std::int32_t> indexes_;
  std::shared_ptr<arrow::Array> array_;  // of values_; null when a value is new
};

}  // namespace arc::format
