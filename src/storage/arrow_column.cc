#include "storage/arrow_column.h"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "storage/bit_builder.h"
#include "storage/import_source.h"

namespace arc::storage {
namespace {

using ArrayPointer = std::shared_ptr<arrow::Array>;

Error Unprocessable(std::string message) { return {ErrorCode::kUnprocessable, std::move(message)}; }

Result<ArrayPointer> Cast(const std::string& name, const ArrayPointer& array,
                          const std::shared_ptr<arrow::DataType>& type) {
  if (array->type()->Equals(*type)) return array;
  const auto cast = arrow::compute::Cast(*array, type);
  if (cast.ok()) return cast.ValueUnsafe();
  return Unprocessable(fmt::format("column \"{}\": {}", name, cast.status().message()));
}

// A dictionary-coded column as what it stands for.
Result<ArrayPointer> Decoded(const std::string& name, const ArrayPointer& array) {
  if (array->type_id() != arrow::Type::DICTIONARY) return array;
  return Cast(name, array, static_cast<const arrow::DictionaryType&>(*array->type()).value_type());
}

std::vector<std::uint64_t> ValidityOf(const arrow::Array& array) {
  if (array.null_count() == 0) return {};
  const auto row_count = static_cast<std::size_t>(array.length());
  BitBuilder validity(row_count);
  for (std::size_t i = 0; i < row_count; i++) {
    validity.AppendRun(array.IsValid(static_cast<std::int64_t>(i)), 1);
  }
  return std::move(validity).TakeWords();
}

// Microseconds of one value of a timestamp or date column; nothing when they do not fit.
std::optional<std::int64_t> Scaled(std::int64_t value, std::int64_t factor, std::int64_t divisor) {
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(value, factor, &scaled)) return std::nullopt;
  return scaled / divisor - (scaled % divisor < 0 ? 1 : 0);
}

struct Scale {
  std::int64_t factor;
  std::int64_t divisor;
};

// To microseconds; nothing for types that are no instants.
std::optional<Scale> ScaleOf(const arrow::DataType& type) {
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  if (type.id() == arrow::Type::DATE32) return Scale{kMicrosPerDay, 1};
  if (type.id() == arrow::Type::DATE64) return Scale{1'000, 1};
  if (type.id() != arrow::Type::TIMESTAMP) return std::nullopt;
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::SECOND:
      return Scale{1'000'000, 1};
    case arrow::TimeUnit::MILLI:
      return Scale{1'000, 1};
    case arrow::TimeUnit::MICRO:
      return Scale{1, 1};
    case arrow::TimeUnit::NANO:
      return Scale{1, 1'000};
  }
  return std::nullopt;
}

// Of a column for which ScaleOf has an answer.
std::int64_t InstantAt(const arrow::Array& array, std::int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::DATE32:
      return static_cast<const arrow::Date32Array&>(array).Value(row);
    case arrow::Type::DATE64:
      return static_cast<const arrow::Date64Array&>(array).Value(row);
    default:
      return static_cast<const arrow::TimestampArray&>(array).Value(row);
  }
}

Result<Column::Values> Instants(const std::string& name, const arrow::Array& array,
                                const Scale& scale) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(array.length()));
  for (std::int64_t row = 0; row < array.length(); row++) {
    if (array.IsNull(row)) continue;
    const auto micros = Scaled(InstantAt(array, row), scale.factor, scale.divisor);
    if (!micros) return Unprocessable(fmt::format("column \"{}\": a time is out of range", name));
    values[static_cast<std::size_t>(row)] = *micros;
  }
  return Column::Values(std::move(values));
}

template <class ArrowArray, class T>
Column::Values Numbers(const arrow::Array& array) {
  const auto& numbers = static_cast<const ArrowArray&>(array);
  return std::vector<T>(numbers.raw_values(), numbers.raw_values() + numbers.length());
}

Column::Values Bools(const arrow::Array& array) {
  const auto& bools = static_cast<const arrow::BooleanArray&>(array);
  std::vector<std::uint8_t> values(static_cast<std::size_t>(bools.length()));
  for (std::int64_t row = 0; row < bools.length(); row++) {
    values[static_cast<std::size_t>(row)] = bools.IsValid(row) && bools.Value(row) ? 1 : 0;
  }
  return values;
}

Column::Values Strings(const arrow::Array& array) {
  const auto& strings = static_cast<const arrow::LargeStringArray&>(array);
  StringValues values;
  values.offsets.reserve(static_cast<std::size_t>(strings.length()) + 1);
  for (std::int64_t row = 0; row < strings.length(); row++) {
    values.Append(strings.IsValid(row) ? std::string_view(strings.GetView(row)) : "");
  }
  return values;
}

Result<Column::Values> ValuesOf(const std::string& name, const ArrayPointer& array) {
  switch (TRY(ColumnTypeOf(name, *array->type()))) {
    case ColumnType::kNull:
      return Column::Values();
    case ColumnType::kBool:
      return Bools(*array);
    case ColumnType::kInt64:
      if (const auto scale = ScaleOf(*array->type())) return Instants(name, *array, *scale);
      return Numbers<arrow::Int64Array, std::int64_t>(*TRY(Cast(name, array, arrow::int64())));
    case ColumnType::kDouble:
      return Numbers<arrow::DoubleArray, double>(*TRY(Cast(name, array, arrow::float64())));
    case ColumnType::kString:
      return Strings(*TRY(Cast(name, array, arrow::large_utf8())));
  }
  return Column::Values();
}

}  // namespace

Result<ColumnType> ColumnTypeOf(const std::string& column_name, const arrow::DataType& type) {
  if (type.id() == arrow::Type::NA) return ColumnType::kNull;
  if (type.id() == arrow::Type::BOOL) return ColumnType::kBool;
  if (arrow::is_integer(type.id()) || ScaleOf(type)) return ColumnType::kInt64;
  if (arrow::is_floating(type.id()) || arrow::is_decimal(type.id())) return ColumnType::kDouble;
  if (arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id()) ||
      type.id() == arrow::Type::FIXED_SIZE_BINARY) {
    return ColumnType::kString;
  }
  if (type.id() == arrow::Type::DICTIONARY) {
    return ColumnTypeOf(column_name, *static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return Unprocessable(
      fmt::format("column \"{}\" has the unsupported type {}", column_name, type.ToString()));
}

Result<Column> ColumnOf(const std::string& name, const ArrayPointer& array) {
  const auto decoded = TRY(Decoded(name, array));
  Column column{name, ColumnRole::kField, TRY(ValuesOf(name, decoded)), {}};
  if (column.type() != ColumnType::kNull) column.validity = ValidityOf(*decoded);
  return column;
}

Result<std::vector<std::int64_t>> TimesOf(const std::string& name, const ArrayPointer& array,
                                          TimeParser& parser, const BadTimeHandler& on_bad_time) {
  const auto decoded = TRY(Decoded(name, array));
  const auto type = TRY(ColumnTypeOf(name, *decoded->type()));
  if (type == ColumnType::kBool || type == ColumnType::kNull) {
    return Unprocessable(
        fmt::format("column \"{}\" of type {} holds no times", name, decoded->type()->ToString()));
  }
  const bool is_instant = ScaleOf(*decoded->type()).has_value();
  const Column column{name, ColumnRole::kField, TRY(ValuesOf(name, decoded)), ValidityOf(*decoded)};
  std::vector<std::int64_t> times(static_cast<std::size_t>(decoded->length()));
  for (std::size_t row = 0; row < times.size(); row++) {
    std::optional<std::int64_t> micros;
    if (!column.IsValid(row)) {
      TRY(on_bad_time(row, BadTimeReason("")));
      continue;
    }
    if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values)) {
      micros = is_instant ? (*integers)[row] : parser.FromInteger((*integers)[row]);
    } else if (const auto* doubles = std::get_if<std::vector<double>>(&column.values)) {
      micros = parser.FromDouble((*doubles)[row]);
    } else {
      micros = parser.FromText(std::get<StringValues>(column.values)[row]);
    }
    if (!micros) TRY(on_bad_time(row, BadTimeReason(ValueText(column, row))));
    times[row] = micros.value_or(0);
  }
  return times;
}

}  // namespace arc::storage
