#include "data/wal/row_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "data/wal/row_format.h"

namespace arc::wal {
namespace {

constexpr std::size_t kColumnBytesMin = 4;  // an empty name's length, role, kind, validity

class RowDecoder {
 public:
  explicit RowDecoder(std::string_view payload) : payload_(payload) {}

  Result<std::vector<DecodedRows>> DecodeAll() {
    std::vector<DecodedRows> all;
    const auto part_count = TRY(TakeNumber(payload_.size()));
    for (std::uint64_t i = 0; i < part_count; i++) all.push_back(TRY(DecodePart()));
    if (position_ != payload_.size()) return Broken("bytes after the last measurement");
    return all;
  }

 private:
  Error Broken(std::string_view what) const {
    return {ErrorCode::kCorruptData, "a record of the write-ahead log cannot be read",
            fmt::format("byte {} of its payload: {}", position_, what)};
  }
  std::size_t left() const { return payload_.size() - position_; }

  Result<std::uint64_t> TakeNumber(std::uint64_t at_most) {
    std::uint64_t number = 0;
    for (unsigned i = 0; i < kNumberBytesMax; i++) {
      if (left() == 0) return Broken("a number is cut off");
      const auto byte = static_cast<std::uint8_t>(payload_[position_++]);
      number |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        if (number > at_most) return Broken("a number is too large");
        return number;
      }
    }
    return Broken("a number is too long");
  }

  Result<std::string_view> TakeBytes(std::uint64_t byte_count) {
    if (byte_count > left()) return Broken("the payload ends too early");
    const auto bytes = payload_.substr(position_, byte_count);
    position_ += byte_count;
    return bytes;
  }

  Result<std::string> TakeText() {
    const auto byte_count = TRY(TakeNumber(left()));
    return std::string(TRY(TakeBytes(byte_count)));
  }

  template <class T>
  Result<void> TakeArray(std::uint64_t count, std::vector<T>& values) {
    if (count > left() / sizeof(T)) return Broken("the payload ends too early");
    const auto bytes = TRY(TakeBytes(count * sizeof(T)));
    values.resize(count);
    if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
    return {};
  }

  Result<void> TakeStrings(std::uint64_t count, StringValues& values) {
    TRY(TakeArray(count + 1, values.offsets));
    const bool rises =
        values.offsets.front() == 0 && std::is_sorted(values.offsets.begin(), values.offsets.end());
    if (!rises) return Broken("the offsets of strings do not rise from 0");
    values.bytes = TRY(TakeBytes(values.offsets.back()));
    return {};
  }

  Result<DecodedRows> DecodePart() {
    DecodedRows rows;
    rows.id = MeasurementId{TRY(TakeNumber(UINT64_MAX))};
    rows.name.database = TRY(TakeText());
    rows.name.measurement = TRY(TakeText());
    if (!IsDatabaseName(rows.name.database) || !IsMeasurementName(rows.name.measurement)) {
      return Broken("not the name of a measurement");
    }
    const auto row_count = TRY(TakeNumber(left() / sizeof(std::int64_t)));
    if (row_count == 0) return Broken("a measurement without rows");
    TRY(TakeEnds(row_count, rows.ends));
    const auto column_count = TRY(TakeNumber(left() / kColumnBytesMin));
    TRY(TakeArray(row_count, rows.batch.times));
    rows.batch.columns.resize(column_count);
    for (auto& column : rows.batch.columns) TRY(TakeColumn(row_count, column));
    rows.batch.SetTimeRange();
    const auto broken_rule = FindBrokenRule(rows.batch);
    if (!broken_rule.empty()) return Broken(broken_rule);
    return rows;
  }

  Result<void> TakeEnds(std::uint64_t row_count, RequestEnds& ends) {
    const auto run_count = TRY(TakeNumber(row_count));
    ends.reserve(run_count);
    for (std::uint64_t i = 0; i < run_count; i++) {
      const Lsn lsn{TRY(TakeNumber(UINT64_MAX))};
      const auto end = TRY(TakeNumber(row_count));
      const bool rises =
          ends.empty() ? end > 0 : lsn > ends.back().lsn && end > ends.back().row_end;
      if (!rises) return Broken("runs of rows that do not rise");
      ends.push_back({lsn, end});
    }
    if (!ends.empty() && ends.back().row_end != row_count) return Broken("rows without an LSN");
    return {};
  }

  Result<void> TakeColumn(std::uint64_t row_count, Column& column) {
    column.name = TRY(TakeText());
    const auto role = TRY(TakeNumber(kTagRole));
    column.role = role == kTagRole ? ColumnRole::kTag : ColumnRole::kField;
    const auto kind = TRY(TakeNumber(kDictionaryValues));
    const auto has_validity = TRY(TakeNumber(1));
    if (has_validity == 1) TRY(TakeArray((row_count + 63) / 64, column.validity));
    switch (kind) {
      case kNoValues:
        return {};
      case kBoolValues:
        return TakeBools(row_count, column.values.emplace<std::vector<std::uint8_t>>());
      case kInt64Values:
        return TakeArray(row_count, column.values.emplace<std::vector<std::int64_t>>());
      case kDoubleValues:
        return TakeArray(row_count, column.values.emplace<std::vector<double>>());
      case kStringValues:
        return TakeStrings(row_count, column.values.emplace<StringValues>());
      default:
        return TakeDictionary(row_count, column.values.emplace<DictionaryValues>());
    }
  }

  Result<void> TakeBools(std::uint64_t row_count, std::vector<std::uint8_t>& values) {
    TRY(TakeArray(row_count, values));
    const bool all_bools = std::all_of(values.begin(), values.end(), [](auto v) { return v < 2; });
    if (!all_bools) return Broken("a boolean that is neither 0 nor 1");
    return {};
  }

  Result<void> TakeDictionary(std::uint64_t row_count, DictionaryValues& values) {
    TRY(TakeArray(row_count, values.codes));
    const auto word_count = TRY(TakeNumber(left()));
    return TakeStrings(word_count, values.dictionary);
  }

  const std::string_view payload_;
  std::size_t position_ = 0;
};

}  // namespace

Result<std::vector<DecodedRows>> DecodeRows(std::string_view payload) {
  return RowDecoder(payload).DecodeAll();
}

}  // namespace arc::wal
