#include "data/encoding/column_gather.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "data/encoding/bit_builder.h"
#include "foundation/base/check.h"

namespace arc::encoding {
namespace {

constexpr std::int32_t kNotMapped = -1;

std::size_t RowCount(std::span<const RowRange> runs) {
  std::size_t count = 0;
  for (const auto& run : runs) count += run.row_count;
  return count;
}

void AppendValidity(const Column& column, const RowRange& run, BitBuilder& validity) {
  if (column.validity.empty()) {
    validity.AppendRun(true, run.row_count);
  } else {
    validity.AppendBits(column.validity, run.row_begin, run.row_count);
  }
}

bool HasNoValues(const Column* column) {
  return column == nullptr || std::holds_alternative<std::monostate>(column->values);
}

// Null when every row has a value: to the writer a missing buffer means that.
std::shared_ptr<arrow::Buffer> ValidityBuffer(BitBuilder& validity) {
  if (validity.clear_count() == 0) return nullptr;
  return arrow::Buffer::FromVector(std::move(validity).TakeWords());
}

template <class ArrayType>
std::shared_ptr<arrow::Array> MakeArray(std::size_t row_count,
                                        std::shared_ptr<arrow::Buffer> values,
                                        BitBuilder& validity) {
  const auto null_count = static_cast<std::int64_t>(validity.clear_count());
  return std::make_shared<ArrayType>(static_cast<std::int64_t>(row_count), std::move(values),
                                     ValidityBuffer(validity), null_count);
}

// Copies the rows of a run to `target`; Target is std::int64_t or double.
template <class Target>
void CopyNumbers(const Column& column, const RowRange& run, Target* target) {
  const auto copy = [&](const auto& values) {
    std::transform(values.begin() + run.row_begin, values.begin() + run.row_begin + run.row_count,
                   target, [](auto value) { return static_cast<Target>(value); });
  };
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values)) {
    copy(*integers);
  } else if constexpr (std::is_same_v<Target, double>) {
    copy(std::get<std::vector<double>>(column.values));
  } else {
    CHECK(false, "a column of the batch is wider than the schema");
  }
}

template <class Target, class ArrayType>
std::shared_ptr<arrow::Array> GatherNumbers(std::span<const Column* const> sources,
                                            std::span<const RowRange> runs) {
  const auto row_count = RowCount(runs);
  std::vector<Target> values(row_count);
  BitBuilder validity(row_count);
  Target* target = values.data();
  for (const auto& run : runs) {
    if (const auto* column = sources[run.slice]; HasNoValues(column)) {
      validity.AppendRun(false, run.row_count);
    } else {
      AppendValidity(*column, run, validity);
      CopyNumbers(*column, run, target);
    }
    target += run.row_count;
  }
  return MakeArray<ArrayType>(row_count, arrow::Buffer::FromVector(std::move(values)), validity);
}

std::shared_ptr<arrow::Array> GatherBools(std::span<const Column* const> sources,
                                          std::span<const RowRange> runs) {
  const auto row_count = RowCount(runs);
  BitBuilder values(row_count);
  BitBuilder validity(row_count);
  for (const auto& run : runs) {
    const auto* column = sources[run.slice];
    if (HasNoValues(column)) {
      values.AppendRun(false, run.row_count);
      validity.AppendRun(false, run.row_count);
      continue;
    }
    AppendValidity(*column, run, validity);
    const auto& bytes = std::get<std::vector<std::uint8_t>>(column->values);
    for (std::size_t i = 0; i < run.row_count; i++) {
      values.AppendRun(bytes[run.row_begin + i] != 0, 1);
    }
  }
  return MakeArray<arrow::BooleanArray>(
      row_count, arrow::Buffer::FromVector(std::move(values).TakeWords()), validity);
}

// Gives each distinct word of the rows a number, and each row the number of its word. Each word of
// a batch with a dictionary is looked up once, not once for each row.
class WordNumbers {
 public:
  WordNumbers(std::span<const Column* const> sources, std::size_t row_count)
      : sources_(sources), numbers_of_codes_(sources.size()), validity_(row_count) {
    numbers_.reserve(row_count);
  }

  void Append(const RowRange& run) {
    const auto* column = sources_[run.slice];
    if (HasNoValues(column)) {
      numbers_.resize(numbers_.size() + run.row_count);
      validity_.AppendRun(false, run.row_count);
    } else if (const auto* coded = std::get_if<DictionaryValues>(&column->values)) {
      AppendCoded(*coded, run);
    } else {
      AppendPlain(*column, run);
    }
  }

  std::size_t word_bytes() const { return word_bytes_; }

  std::shared_ptr<arrow::Array> Finish() && {
    const auto row_count = numbers_.size();
    auto indices = MakeArray<arrow::Int32Array>(
        row_count, arrow::Buffer::FromVector(std::move(numbers_)), validity_);
    return std::make_shared<arrow::DictionaryArray>(
        arrow::dictionary(arrow::int32(), arrow::utf8()), std::move(indices), Words());
  }

 private:
  std::int32_t NumberOf(std::string_view word) {
    const auto next = static_cast<std::int32_t>(words_.size());
    const auto [entry, is_new] = number_of_word_.emplace(word, next);
    if (is_new) {
      words_.push_back(word);
      word_bytes_ += word.size();
    }
    return entry->second;
  }

  void AppendCoded(const DictionaryValues& coded, const RowRange& run) {
    auto& number_of_code = numbers_of_codes_[run.slice];
    if (number_of_code.empty()) number_of_code.assign(coded.dictionary.size(), kNotMapped);
    for (std::size_t i = 0; i < run.row_count; i++) {
      const auto code = coded.codes[run.row_begin + i];
      validity_.AppendRun(code != DictionaryValues::kNullCode, 1);
      if (code == DictionaryValues::kNullCode) {
        numbers_.push_back(0);
        continue;
      }
      auto& number = number_of_code[code];
      if (number == kNotMapped) number = NumberOf(coded.dictionary[code]);
      numbers_.push_back(number);
    }
  }

  void AppendPlain(const Column& column, const RowRange& run) {
    const auto& strings = std::get<StringValues>(column.values);
    AppendValidity(column, run, validity_);
    for (std::size_t row = run.row_begin; row < run.row_begin + run.row_count; row++) {
      numbers_.push_back(column.IsValid(row) ? NumberOf(strings[row]) : 0);
    }
  }

  std::shared_ptr<arrow::Array> Words() const {
    std::vector<std::int32_t> offsets = {0};
    std::string bytes;
    bytes.reserve(word_bytes_);
    for (const auto word : words_) {
      bytes += word;
      offsets.push_back(static_cast<std::int32_t>(bytes.size()));
    }
    return std::make_shared<arrow::StringArray>(static_cast<std::int64_t>(words_.size()),
                                                arrow::Buffer::FromVector(std::move(offsets)),
                                                arrow::Buffer::FromString(std::move(bytes)));
  }

  std::span<const Column* const> sources_;
  std::vector<std::vector<std::int32_t>> numbers_of_codes_;  // by slice, then code
  std::unordered_map<std::string_view, std::int32_t> number_of_word_;
  std::vector<std::string_view> words_;  // in the batches
  std::size_t word_bytes_ = 0;
  std::vector<std::int32_t> numbers_;
  BitBuilder validity_;
};

// Null when the distinct words have more bytes than kDictionaryBytesMax.
std::shared_ptr<arrow::Array> GatherWords(std::span<const Column* const> sources,
                                          std::span<const RowRange> runs) {
  WordNumbers numbers(sources, RowCount(runs));
  for (const auto& run : runs) {
    numbers.Append(run);
    if (numbers.word_bytes() > kDictionaryBytesMax) return nullptr;
  }
  return std::move(numbers).Finish();
}

std::shared_ptr<arrow::Array> GatherPlainStrings(std::span<const Column* const> sources,
                                                 std::span<const RowRange> runs) {
  const auto row_count = RowCount(runs);
  std::vector<std::int64_t> offsets = {0};
  offsets.reserve(row_count + 1);
  std::string bytes;
  BitBuilder validity(row_count);
  for (const auto& run : runs) {
    const auto* column = sources[run.slice];
    for (std::size_t row = run.row_begin; row < run.row_begin + run.row_count; row++) {
      const bool is_valid = !HasNoValues(column) && column->IsValid(row);
      validity.AppendRun(is_valid, 1);
      if (is_valid) {
        const auto* coded = std::get_if<DictionaryValues>(&column->values);
        bytes += coded != nullptr ? coded->dictionary[coded->codes[row]]
                                  : std::get<StringValues>(column->values)[row];
      }
      offsets.push_back(static_cast<std::int64_t>(bytes.size()));
    }
  }
  const auto null_count = static_cast<std::int64_t>(validity.clear_count());
  return std::make_shared<arrow::LargeStringArray>(
      static_cast<std::int64_t>(row_count), arrow::Buffer::FromVector(std::move(offsets)),
      arrow::Buffer::FromString(std::move(bytes)), ValidityBuffer(validity), null_count);
}

std::shared_ptr<arrow::Array> GatherStrings(const SchemaColumn& column,
                                            std::span<const Column* const> sources,
                                            std::span<const RowRange> runs) {
  const bool is_coded = std::none_of(runs.begin(), runs.end(), [&](const RowRange& run) {
    const auto* source = sources[run.slice];
    return source != nullptr && std::holds_alternative<StringValues>(source->values);
  });
  if (column.role == ColumnRole::kTag || is_coded) {
    if (auto words = GatherWords(sources, runs)) return words;
  }
  return GatherPlainStrings(sources, runs);
}

}  // namespace

SourceColumns::SourceColumns(const RowSchema& schema, const std::vector<BatchSlice>& slices)
    : by_column_(schema.columns().size(), std::vector<const Column*>(slices.size())) {
  for (std::size_t s = 0; s < slices.size(); s++) {
    for (const auto& column : slices[s].batch->columns) {
      const auto index = schema.IndexOf(column.name);
      CHECK(index != RowSchema::kNotFound, "a column of the batch is not in the schema");
      by_column_[index][s] = &column;
    }
  }
}

std::vector<RowRange> RangesOf(std::span<const RowRef> rows) {
  std::vector<RowRange> runs;
  for (const auto& row : rows) {
    if (!runs.empty() && runs.back().slice == row.slice &&
        runs.back().row_begin + runs.back().row_count == row.row) {
      runs.back().row_count++;
    } else {
      runs.push_back({row.slice, row.row, 1});
    }
  }
  return runs;
}

std::shared_ptr<arrow::Array> GatherColumn(const SchemaColumn& column,
                                           std::span<const Column* const> sources,
                                           std::span<const RowRange> runs) {
  switch (column.type) {
    case ColumnType::kBool:
      return GatherBools(sources, runs);
    case ColumnType::kInt64:
      return GatherNumbers<std::int64_t, arrow::Int64Array>(sources, runs);
    case ColumnType::kDouble:
      return GatherNumbers<double, arrow::DoubleArray>(sources, runs);
    case ColumnType::kString:
      return GatherStrings(column, sources, runs);
    case ColumnType::kNull:
      break;
  }
  CHECK(false, "a column without a type has no values to gather");
  return nullptr;
}

}  // namespace arc::encoding
