// Rows of one measurement, column by column: what decoders make, the WAL logs, buffers hold,
// flushes write and queries scan. A plain value; immutable once it is shared between threads.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/model/schema.h"

namespace arc {

// The times that can be stored: what SQL's TIMESTAMP can hold and show, 290309-12-22 BC to
// 294247-01-10. INT64_MAX and its negative are SQL's infinities and no instants.
inline constexpr std::int64_t kTimeMin = -9'223'372'022'400'000'000;
inline constexpr std::int64_t kTimeMax = 9'223'372'036'854'775'806;

// Strings one after the other: value i is bytes[offsets[i], offsets[i + 1]). Under 4 GiB in all.
struct StringValues {
  std::vector<std::uint32_t> offsets = {0};
  std::string bytes;

  std::size_t size() const { return offsets.size() - 1; }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(bytes).substr(offsets[i], offsets[i + 1] - offsets[i]);
  }
  void Append(std::string_view value) {
    bytes.append(value);
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
};

// Row i holds dictionary[codes[i]]. Code 0 is NULL: dictionary[0] is always an empty string that
// stands for it, so the first real word is dictionary[1]. Words are distinct.
struct DictionaryValues {
  static constexpr std::uint32_t kNullCode = 0;

  std::vector<std::uint32_t> codes;
  StringValues dictionary = {{0, 0}, ""};
};

// One column. `values` holds one value a row, whatever stands for NULL included: kBool one byte
// (0 or 1), kInt64, kDouble, kString either way; std::monostate for a column with no value at all
// (kNull).
struct Column {
  using Values = std::variant<std::monostate, std::vector<std::uint8_t>, std::vector<std::int64_t>,
                              std::vector<double>, StringValues, DictionaryValues>;

  std::string name;
  ColumnRole role = ColumnRole::kField;
  Values values;
  // Bit (i % 64) of word (i / 64) is set when row i has a value. Empty: every row has one. Always
  // empty for DictionaryValues (code 0 says it) and for std::monostate (no row has a value). Bits
  // past the last row are zero. Layout: as in Arrow and DuckDB.
  std::vector<std::uint64_t> validity;

  ColumnType type() const;
  bool IsValid(std::size_t row) const;
};

struct ColumnBatch {
  std::vector<std::int64_t> times;  // microseconds since 1970-01-01T00:00:00Z; any order
  std::vector<Column> columns;      // each as long as `times`; names distinct ignoring case
  std::int64_t min_time = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_time = std::numeric_limits<std::int64_t>::min();

  std::size_t row_count() const { return times.size(); }
  // Sets min_time and max_time from `times`.
  void SetTimeRange();
};

// The columns of the batch as a schema.
RowSchema SchemaOf(const ColumnBatch& batch);

// True when the batch adds nothing to the schema: every column is there, spelled alike, with a type
// and role that take in the batch's.
bool Covers(const RowSchema& schema, const ColumnBatch& batch);

// About how many bytes of memory the batch keeps. O(columns).
std::size_t MemoryBytes(const ColumnBatch& batch);

// Says in words which rule above the batch breaks, or nothing. For CHECKs and tests: O(cells).
std::string FindBrokenRule(const ColumnBatch& batch);

// The rows of `batch` whose `keep` is set (keep.size() == batch.row_count()), in
// order, as a batch of its own. Columns that lose their last value stay, with their type.
ColumnBatch SelectRows(const ColumnBatch& batch, const std::vector<bool>& keep);

// Row `row` of `column` as text for messages and tests: null, true, -1, 0.5, "word".
std::string ValueText(const Column& column, std::size_t row);

// Row `row` for people, as line protocol has it but for escapes: m,tag=x field="text"
// 1700000000000000 with the time in microseconds. Its beginning only, of about `bytes_max` bytes.
std::string RowText(std::string_view measurement, const ColumnBatch& batch, std::size_t row,
                    std::size_t bytes_max);

// The rows of all `batches`, in order, as one batch: columns in order of first sight, absent
// values NULL, integers widened where another batch has a double. Batches must join (JoinTypes).
ColumnBatch Concatenate(const std::vector<const ColumnBatch*>& batches);

}  // namespace arc
