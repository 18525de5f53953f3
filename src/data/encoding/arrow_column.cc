#include "data/encoding/arrow_column.h"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "data/encoding/bit_builder.h"
#include "data/encoding/engine_decimal.h"
#include "foundation/text/parse_number.h"

namespace arc::encoding {
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

// A dictionary-coded column as plain values; any other as it is.
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

// Converts one value of a timestamp or date column to microseconds, rounded down; nothing when they
// do not fit.
std::optional<std::int64_t> Scaled(std::int64_t value, std::int64_t factor, std::int64_t divisor) {
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(value, factor, &scaled)) return std::nullopt;
  return scaled / divisor - (scaled % divisor < 0 ? 1 : 0);
}

struct Scale {
  std::int64_t factor;
  std::int64_t divisor;
};

// How to convert values of this type to microseconds; nothing for types other than timestamps and
// dates.
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

// Requires: ScaleOf has an answer for the type of `array`.
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

std::string DecimalText(const arrow::Array& array, std::int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::DECIMAL32:
      return static_cast<const arrow::Decimal32Array&>(array).FormatValue(row);
    case arrow::Type::DECIMAL64:
      return static_cast<const arrow::Decimal64Array&>(array).FormatValue(row);
    case arrow::Type::DECIMAL128:
      return static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
    default:
      return static_cast<const arrow::Decimal256Array&>(array).FormatValue(row);
  }
}

Column::Values DecimalTexts(const arrow::Array& array) {
  StringValues values;
  for (std::int64_t row = 0; row < array.length(); row++) {
    values.Append(array.IsValid(row) ? DecimalText(array, row) : "");
  }
  return values;
}

// By way of text, because Arrow's cast does not always return the nearest float.
Result<Column::Values> DecimalFloats(const std::string& name, const arrow::Array& array,
                                     bool may_round, ValueReader reader) {
  const auto scale = static_cast<const arrow::DecimalType&>(*array.type()).scale();
  std::vector<double> values(static_cast<std::size_t>(array.length()));
  for (std::int64_t row = 0; row < array.length(); row++) {
    if (array.IsNull(row)) continue;
    const auto text = DecimalText(array, row);
    const auto value = ParseNumber<double>(text);
    if (!value || (!may_round && !FloatKeeps(*value, text))) {
      return Unprocessable(fmt::format(
          "column \"{}\" of type {} holds {}, which has more digits than a float keeps: import the "
          "file with long_numbers=text, which makes such columns texts, or long_numbers=round",
          name, array.type()->ToString(), text));
    }
    if (reader == ValueReader::kEngine && EngineFloat(text, scale) != *value) {
      return Unprocessable(fmt::format(
          "column \"{}\" of type {} holds {}, which would be read in place as {}: import the file "
          "with `arc import`",
          name, array.type()->ToString(), text, EngineFloat(text, scale)));
    }
    values[static_cast<std::size_t>(row)] = *value;
  }
  return Column::Values(std::move(values));
}

// Arrow does not check that text is UTF-8 when a file says so.
Result<Column::Values> Texts(const std::string& name, const ArrayPointer& array) {
  const auto texts = TRY(Cast(name, array, arrow::large_utf8()));
  if (!static_cast<const arrow::LargeStringArray&>(*texts).ValidateUTF8().ok()) {
    return Unprocessable(fmt::format("column \"{}\" holds a text that is not UTF-8", name));
  }
  return Strings(*texts);
}

Result<Column::Values> ValuesOf(const std::string& name, const ArrayPointer& array,
                                std::optional<LongNumbers> long_numbers,
                                ValueReader reader = ValueReader::kImport) {
  const bool is_decimal = arrow::is_decimal(array->type_id());
  switch (TRY(ColumnTypeOf(name, *array->type(), long_numbers))) {
    case ColumnType::kNull:
      return Column::Values();
    case ColumnType::kBool:
      return Bools(*array);
    case ColumnType::kInt64:
      if (const auto scale = ScaleOf(*array->type())) return Instants(name, *array, *scale);
      return Numbers<arrow::Int64Array, std::int64_t>(*TRY(Cast(name, array, arrow::int64())));
    case ColumnType::kDouble:
      if (is_decimal) {
        return DecimalFloats(name, *array, long_numbers == LongNumbers::kRound, reader);
      }
      return Numbers<arrow::DoubleArray, double>(*TRY(Cast(name, array, arrow::float64())));
    case ColumnType::kString:
      if (is_decimal) return DecimalTexts(*array);
      return TRY(Texts(name, array));
  }
  return Column::Values();
}

std::optional<std::int64_t> TimeIn(const Column& column, std::size_t row, bool is_instant,
                                   TimeParser& parser) {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column.values)) {
    const auto value = (*integers)[row];
    if (!is_instant) return parser.FromInteger(value);
    return value >= kTimeMin && value <= kTimeMax ? std::optional(value) : std::nullopt;
  }
  if (const auto* doubles = std::get_if<std::vector<double>>(&column.values)) {
    return parser.FromDouble((*doubles)[row]);
  }
  return parser.FromText(std::get<StringValues>(column.values)[row]);
}

// The value as text; a string without quotes.
std::string PlainText(const Column& column, std::size_t row) {
  const auto* texts = std::get_if<StringValues>(&column.values);
  return texts != nullptr ? std::string((*texts)[row]) : ValueText(column, row);
}

}  // namespace

Result<ColumnType> ColumnTypeOf(const std::string& column_name, const arrow::DataType& type,
                                std::optional<LongNumbers> long_numbers) {
  if (type.id() == arrow::Type::NA) return ColumnType::kNull;
  if (type.id() == arrow::Type::BOOL) return ColumnType::kBool;
  if (arrow::is_integer(type.id()) || ScaleOf(type)) return ColumnType::kInt64;
  if (arrow::is_floating(type.id())) return ColumnType::kDouble;
  if (arrow::is_decimal(type.id())) {
    const bool is_long =
        static_cast<const arrow::DecimalType&>(type).precision() > kDigitsOfAnyFloat;
    return is_long && long_numbers == LongNumbers::kAsText ? ColumnType::kString
                                                           : ColumnType::kDouble;
  }
  if (arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id()) ||
      type.id() == arrow::Type::FIXED_SIZE_BINARY) {
    return ColumnType::kString;
  }
  if (type.id() == arrow::Type::DICTIONARY) {
    return ColumnTypeOf(column_name, *static_cast<const arrow::DictionaryType&>(type).value_type(),
                        long_numbers);
  }
  return Unprocessable(
      fmt::format("column \"{}\" has the unsupported type {}", column_name, type.ToString()));
}

Result<Column> ColumnOf(const std::string& name, const ArrayPointer& array,
                        std::optional<LongNumbers> long_numbers, ValueReader reader) {
  const auto decoded = TRY(Decoded(name, array));
  Column column{name, ColumnRole::kField, TRY(ValuesOf(name, decoded, long_numbers, reader)), {}};
  if (column.type() != ColumnType::kNull) column.validity = ValidityOf(*decoded);
  return column;
}

Result<std::vector<std::int64_t>> TimesOf(const std::string& name, const ArrayPointer& array,
                                          TimeParser& parser, const BadTimeHandler& on_bad_time) {
  const auto decoded = TRY(Decoded(name, array));
  const auto as_text = LongNumbers::kAsText;
  const auto type = TRY(ColumnTypeOf(name, *decoded->type(), as_text));
  if (type == ColumnType::kBool || type == ColumnType::kNull) {
    return Unprocessable(
        fmt::format("column \"{}\" of type {} holds no times", name, decoded->type()->ToString()));
  }
  const bool is_instant = ScaleOf(*decoded->type()).has_value();
  const Column column{name, ColumnRole::kField,
                      arrow::is_decimal(decoded->type_id()) ? DecimalTexts(*decoded)
                                                            : TRY(ValuesOf(name, decoded, as_text)),
                      ValidityOf(*decoded)};
  std::vector<std::int64_t> times(static_cast<std::size_t>(decoded->length()));
  for (std::size_t row = 0; row < times.size(); row++) {
    if (!column.IsValid(row)) {
      TRY(on_bad_time(row, parser.WhyNot("")));
      continue;
    }
    const auto micros = TimeIn(column, row, is_instant, parser);
    if (!micros) {
      const auto text = PlainText(column, row);
      TRY(on_bad_time(row, is_instant ? OutsideTimeRange(text) : parser.WhyNot(text)));
    }
    times[row] = micros.value_or(0);
  }
  return times;
}

}  // namespace arc::encoding
