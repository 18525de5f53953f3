#include "data/encoding/int96_check.h"

#include <fmt/format.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "data/encoding/time_parser.h"
#include "foundation/model/column_batch.h"

namespace arc::encoding {
namespace {

constexpr std::int64_t kNanosPerDay = 86'400'000'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::int64_t kEpochJulianDay = 2'440'588;
constexpr std::size_t kRowsAtOnce = 4'096;

// What is wrong with the value; empty when it is good.
std::string ProblemOf(const parquet::Int96& value) {
  std::int64_t nanos = 0;
  std::memcpy(&nanos, value.value.data(), sizeof(nanos));
  const auto julian_day = std::int64_t{value.value[2]};
  if (nanos < 0 || nanos >= kNanosPerDay) {
    return fmt::format("holds {} nanoseconds, which is no time of a day", nanos);
  }
  std::int64_t micros = 0;
  // Arrow reads day 0 as 1970-01-01, whatever the time of day.
  const bool is_readable =
      julian_day > 0 &&
      !__builtin_mul_overflow(julian_day - kEpochJulianDay, kMicrosPerDay, &micros) &&
      !__builtin_add_overflow(micros, nanos / 1000, &micros);
  if (is_readable && micros >= kTimeMin && micros <= kTimeMax) return {};
  return fmt::format("holds the Julian day {}, which is outside the times that can be stored ({})",
                     julian_day, kTimeRange);
}

// The rows of one column of one row group, in order; NULLs are skipped.
class Int96Rows {
 public:
  Int96Rows(std::shared_ptr<parquet::ColumnReader> reader, std::string name, std::int64_t first_row)
      : reader_(std::move(reader)), name_(std::move(name)), row_(first_row) {}

  Result<void> Check() {
    auto& reader = static_cast<parquet::Int96Reader&>(*reader_);
    const auto level_max = reader.descr()->max_definition_level();
    std::vector<std::int16_t> levels(kRowsAtOnce, level_max);
    std::vector<parquet::Int96> values(kRowsAtOnce);
    while (reader.HasNext()) {
      std::int64_t value_count = 0;
      const auto row_count = reader.ReadBatch(static_cast<std::int64_t>(kRowsAtOnce), levels.data(),
                                              nullptr, values.data(), &value_count);
      std::size_t next_value = 0;
      for (std::int64_t i = 0; i < row_count; i++, row_++) {
        if (levels[static_cast<std::size_t>(i)] < level_max) continue;
        const auto problem = ProblemOf(values[next_value++]);
        if (problem.empty()) continue;
        return Error{ErrorCode::kUnprocessable,
                     fmt::format("column \"{}\", row {}: {}", name_, row_, problem)};
      }
    }
    return {};
  }

 private:
  const std::shared_ptr<parquet::ColumnReader> reader_;
  const std::string name_;
  std::int64_t row_;
};

bool IsFlatInt96(const parquet::ColumnDescriptor& column) {
  return column.physical_type() == parquet::Type::INT96 && column.max_repetition_level() == 0 &&
         column.path()->ToDotVector().size() == 1;
}

}  // namespace

Result<void> CheckInt96Times(parquet::ParquetFileReader& file) {
  const auto& metadata = *file.metadata();
  for (int i = 0; i < metadata.num_columns(); i++) {
    const auto& column = *metadata.schema()->Column(i);
    if (!IsFlatInt96(column)) continue;
    std::int64_t first_row = 1;
    for (int group = 0; group < metadata.num_row_groups(); group++) {
      const auto rows = file.RowGroup(group);
      TRY(Int96Rows(rows->Column(i), column.name(), first_row).Check());
      first_row += rows->metadata()->num_rows();
    }
  }
  return {};
}

}  // namespace arc::encoding
