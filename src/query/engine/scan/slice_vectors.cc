#include "query/engine/scan/slice_vectors.h"

#include <variant>

namespace arc::engine {
namespace {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::Vector;

duckdb::string_t ToDuck(std::string_view text) {
  return duckdb::string_t(text.data(), static_cast<std::uint32_t>(text.size()));
}

// const may be cast away: DuckDB never writes into a vector that is filled.
template <class T>
void Point(Vector& result, const std::vector<T>& values, std::size_t row) {
  FlatVector::SetData(result,
                      reinterpret_cast<duckdb::data_ptr_t>(const_cast<T*>(values.data() + row)));
}

void SetAllNull(Vector& result) {
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::SetNull(result, true);
}

// Takes rows [row, row + count) of a bitmap. A mask begins at a whole word, so other rows must be
// shifted.
void SetValidity(const std::vector<std::uint64_t>& words, std::size_t row, idx_t count,
                 Vector& result) {
  if (words.empty()) return;
  const auto first = row / 64;
  const auto shift = row % 64;
  if (shift == 0) {
    auto* aligned = const_cast<std::uint64_t*>(words.data() + first);
    FlatVector::SetValidity(result, duckdb::ValidityMask(aligned, count));
    return;
  }
  auto& mask = FlatVector::Validity(result);
  mask.Initialize(STANDARD_VECTOR_SIZE);
  for (idx_t word = 0; word < (count + 63) / 64; word++) {
    const auto low = words[first + word] >> shift;
    const auto next = first + word + 1;
    mask.GetData()[word] = low | (next < words.size() ? words[next] << (64 - shift) : 0);
  }
}

duckdb::buffer_ptr<duckdb::VectorChildBuffer> MakeDictionary(const StringValues& words) {
  auto dictionary = duckdb::DictionaryVector::CreateReusableDictionary(duckdb::LogicalType::VARCHAR,
                                                                       words.size());
  auto* strings = FlatVector::GetData<duckdb::string_t>(dictionary->data);
  for (std::size_t i = 0; i < words.size(); i++) strings[i] = ToDuck(words[i]);
  FlatVector::SetNull(dictionary->data, DictionaryValues::kNullCode, true);
  return dictionary;
}

}  // namespace

duckdb::LogicalType SqlTypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return duckdb::LogicalType::BOOLEAN;
    case ColumnType::kInt64:
      return duckdb::LogicalType::BIGINT;
    case ColumnType::kDouble:
      return duckdb::LogicalType::DOUBLE;
    case ColumnType::kString:
    case ColumnType::kNull:
      break;
  }
  return duckdb::LogicalType::VARCHAR;
}

SliceColumn SliceColumn::Time(const ColumnBatch& batch) {
  SliceColumn result;
  result.times_ = &batch.times;
  return result;
}

SliceColumn SliceColumn::Find(const BatchSlice& slice, const SchemaColumn& wanted) {
  SliceColumn result;
  for (const auto& column : slice.batch->columns) {
    if (!EqualIgnoringCase(column.name, wanted.name)) continue;
    result.column_ = &column;
    result.to_double_ = wanted.type == ColumnType::kDouble && column.type() == ColumnType::kInt64;
    const auto* codes = std::get_if<DictionaryValues>(&column.values);
    // With more words than rows it is cheaper to look up the word of each row.
    if (codes && codes->dictionary.size() <= slice.row_end - slice.row_begin) {
      result.dictionary_ = MakeDictionary(codes->dictionary);
    }
    break;
  }
  return result;
}

void SliceColumn::Fill(std::size_t row, idx_t count, Vector& result) const {
  if (times_ != nullptr) return Point(result, *times_, row);
  if (column_ == nullptr) return SetAllNull(result);
  const auto& values = column_->values;
  if (const auto* codes = std::get_if<DictionaryValues>(&values)) {
    return FillCodes(*codes, row, count, result);
  }
  if (const auto* strings = std::get_if<StringValues>(&values)) {
    FillStrings(*strings, row, count, result);
  } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&values)) {
    if (to_double_) {
      auto* doubles = FlatVector::GetData<double>(result);
      for (idx_t i = 0; i < count; i++) doubles[i] = static_cast<double>((*integers)[row + i]);
    } else {
      Point(result, *integers, row);
    }
  } else if (const auto* doubles = std::get_if<std::vector<double>>(&values)) {
    Point(result, *doubles, row);
  } else if (const auto* booleans = std::get_if<std::vector<std::uint8_t>>(&values)) {
    Point(result, *booleans, row);
  } else {
    return SetAllNull(result);
  }
  SetValidity(column_->validity, row, count, result);
}

void SliceColumn::FillStrings(const StringValues& values, std::size_t row, idx_t count,
                              Vector& result) const {
  auto* strings = FlatVector::GetData<duckdb::string_t>(result);
  for (idx_t i = 0; i < count; i++) strings[i] = ToDuck(values[row + i]);
}

void SliceColumn::FillCodes(const DictionaryValues& values, std::size_t row, idx_t count,
                            Vector& result) const {
  if (dictionary_) {
    auto* codes = const_cast<duckdb::sel_t*>(values.codes.data() + row);
    result.Dictionary(dictionary_, duckdb::SelectionVector(codes));
    return;
  }
  auto* strings = FlatVector::GetData<duckdb::string_t>(result);
  auto& validity = FlatVector::Validity(result);
  for (idx_t i = 0; i < count; i++) {
    const auto code = values.codes[row + i];
    strings[i] = ToDuck(values.dictionary[code]);
    if (code == DictionaryValues::kNullCode) validity.SetInvalid(i);
  }
}

}  // namespace arc::engine
