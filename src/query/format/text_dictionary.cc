#include "query/format/text_dictionary.h"

#include <arrow/builder.h>
#include <arrow/type.h>

#include <unordered_set>

#include "query/format/arrow_status.h"

namespace arc::format {
namespace {

constexpr std::size_t kRowsMin = 256;
constexpr std::size_t kRowsOfAValueMin = 4;

}  // namespace

bool TextDictionary::IsWorthIt(const engine::ResultColumn& column, std::size_t row_count) {
  if (row_count < kRowsMin) return false;
  std::unordered_set<std::string_view> values;
  for (std::size_t row = 0; row < row_count; row++) {
    if (column.IsValid(row)) values.insert(column.Text(row));
    if (values.size() * kRowsOfAValueMin > row_count) return false;
  }
  return true;
}

// A dictionary that grows is sent again as a whole. So it starts over, empty, before that costs
// more than the rows.
Result<std::shared_ptr<arrow::Array>> TextDictionary::Encode(const engine::ResultColumn& column,
                                                             std::size_t row_count) {
  if (values_.size() > kValuesMax) {
    values_.clear();
    indexes_.clear();
    array_.reset();
  }
  arrow::Int32Builder indexes;
  TRY(FromArrow(indexes.Reserve(static_cast<std::int64_t>(row_count))));
  for (std::size_t row = 0; row < row_count; row++) {
    if (column.IsValid(row)) {
      indexes.UnsafeAppend(IndexOf(column.Text(row)));
    } else {
      indexes.UnsafeAppendNull();
    }
  }
  if (!array_) {
    arrow::StringBuilder values;
    for (const auto& value : values_) TRY(FromArrow(values.Append(value)));
    TRY(FromArrow(values.Finish(&array_)));
  }
  std::shared_ptr<arrow::Array> index_array;
  TRY(FromArrow(indexes.Finish(&index_array)));
  return std::shared_ptr<arrow::Array>(std::make_shared<arrow::DictionaryArray>(
      arrow::dictionary(arrow::int32(), arrow::utf8()), index_array, array_));
}

std::int32_t TextDictionary::IndexOf(std::string_view text) {
  const auto found = indexes_.find(text);
  if (found != indexes_.end()) return found->second;
  const auto index = static_cast<std::int32_t>(values_.size());
  indexes_.emplace(values_.emplace_back(text), index);
  array_.reset();
  return index;
}

}  // namespace arc::format
