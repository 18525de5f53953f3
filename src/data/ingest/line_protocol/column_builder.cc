#include "data/ingest/line_protocol/column_builder.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace arc::ingest::line_protocol {
namespace {

using Kind = CellValue::Kind;

constexpr std::size_t kWordBits = 64;

}  // namespace

void ColumnBuilder::ChangeForm(Kind kind) {
  if (values_.index() == kIntegers) return WidenToDouble();
  if (values_.index() == kDictionary) return SpellOutDictionary();
  switch (kind) {
    case Kind::kBoolean:
      type_ = ColumnType::kBool;
      values_.emplace<kBooleans>();
      return;
    case Kind::kInteger:
      if (type_ == ColumnType::kDouble) {
        values_.emplace<kDoubles>();
      } else {
        type_ = ColumnType::kInt64;
        values_.emplace<kIntegers>();
      }
      return;
    case Kind::kDouble:
      type_ = ColumnType::kDouble;
      values_.emplace<kDoubles>();
      return;
    case Kind::kString:
      type_ = ColumnType::kString;
      values_.emplace<kStrings>();
      return;
    case Kind::kTag:
      type_ = ColumnType::kString;
      values_.emplace<kDictionary>();
      return;
  }
}

void ColumnBuilder::WidenToDouble() {
  const auto& integers = std::get<kIntegers>(values_);
  std::vector<double> doubles(integers.begin(), integers.end());
  values_ = std::move(doubles);
  type_ = ColumnType::kDouble;
}

void ColumnBuilder::SpellOutDictionary() {
  const auto coded = std::get<kDictionary>(values_).TakeValues();
  auto& strings = values_.emplace<kStrings>();
  for (const auto code : coded.codes) strings.Append(coded.dictionary[code]);
  has_nulls_ = std::find(coded.codes.begin(), coded.codes.end(), DictionaryValues::kNullCode) !=
               coded.codes.end();
  if (!has_nulls_) return;
  for (std::size_t row = 0; row < coded.codes.size(); row++) {
    if (coded.codes[row] != DictionaryValues::kNullCode) MarkValid(row, row + 1);
  }
}

void ColumnBuilder::Append(std::size_t row, const CellValue& value) {
  if (NeedsOtherForm(value.kind)) ChangeForm(value.kind);
  if (row_count_ < row) AppendNulls(row - row_count_);
  switch (values_.index()) {
    case kBooleans:
      std::get_if<kBooleans>(&values_)->push_back(value.boolean ? 1 : 0);
      break;
    case kIntegers:
      std::get_if<kIntegers>(&values_)->push_back(value.integer);
      break;
    case kDoubles:
      std::get_if<kDoubles>(&values_)->push_back(
          value.kind == Kind::kInteger ? static_cast<double>(value.integer) : value.real);
      break;
    case kStrings:
      std::get_if<kStrings>(&values_)->Append(value.text);
      break;
    case kDictionary:
      std::get_if<kDictionary>(&values_)->Append(value.text);
      break;
  }
  if (value.kind == Kind::kTag) role_ = ColumnRole::kTag;
  row_count_ = row + 1;
  if (has_nulls_) MarkValid(row, row_count_);
}

void ColumnBuilder::AppendNulls(std::size_t count) {
  const auto row_count = row_count_ + count;
  switch (values_.index()) {
    case kBooleans:
      std::get_if<kBooleans>(&values_)->resize(row_count);
      break;
    case kIntegers:
      std::get_if<kIntegers>(&values_)->resize(row_count);
      break;
    case kDoubles:
      std::get_if<kDoubles>(&values_)->resize(row_count);
      break;
    case kStrings: {
      auto& offsets = std::get_if<kStrings>(&values_)->offsets;
      offsets.resize(row_count + 1, offsets.back());
      break;
    }
    case kDictionary:
      std::get_if<kDictionary>(&values_)->AppendNulls(count);
      break;
  }
  if (values_.index() != kDictionary && !has_nulls_) {
    MarkValid(0, row_count_);
    has_nulls_ = true;
  }
  row_count_ = row_count;
}

void ColumnBuilder::MarkValid(std::size_t begin, std::size_t end) {
  validity_.resize((end + kWordBits - 1) / kWordBits);
  for (auto row = begin; row < end; row++) {
    validity_[row / kWordBits] |= std::uint64_t{1} << (row % kWordBits);
  }
}

Column ColumnBuilder::Take(std::size_t row_count) {
  if (row_count_ < row_count) AppendNulls(row_count - row_count_);
  Column column;
  column.name = std::move(name_);
  column.role = role_;
  if (has_nulls_) {
    validity_.resize((row_count + kWordBits - 1) / kWordBits);
    column.validity = std::move(validity_);
  }
  std::visit(
      [&column](auto& values) {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, DictionaryEncoder>) {
          column.values = values.TakeValues();
        } else {
          column.values = std::move(values);
        }
      },
      values_);
  return column;
}

}  // namespace arc::ingest::line_protocol
