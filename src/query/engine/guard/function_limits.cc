#include "query/engine/guard/function_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <unordered_map>

namespace arc::engine {
namespace {

using duckdb::LogicalTypeId;
using duckdb::PhysicalType;

constexpr std::uint64_t kTextSlotBytes = 16;
constexpr std::int64_t kDayMicros = std::int64_t{86'400} * 1'000'000;

std::uint64_t Times(std::uint64_t left, std::uint64_t right) {
  std::uint64_t product;
  if (__builtin_mul_overflow(left, right, &product)) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return product;
}

std::uint64_t Plus(std::uint64_t left, std::uint64_t right) {
  const auto sum = left + right;
  return sum < left ? std::numeric_limits<std::uint64_t>::max() : sum;
}

std::uint64_t AtLeastZero(std::int64_t number) {
  return number < 0 ? 0 : static_cast<std::uint64_t>(number);
}

std::uint64_t AllBytes(const CallArguments& arguments, std::size_t row) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < arguments.count(); i++) bytes += arguments.Bytes(i, row);
  return bytes;
}

template <std::uint64_t kFactor>
CallCost Grown(const CallArguments& arguments, std::size_t row) {
  return {Times(AllBytes(arguments, row), kFactor)};
}

CallCost Repeat(const CallArguments& arguments, std::size_t row) {
  return {Times(arguments.Bytes(0, row), AtLeastZero(arguments.Number(1, row, 0)))};
}

// A character of the padding has up to four bytes.
CallCost Pad(const CallArguments& arguments, std::size_t row) {
  return {Plus(AllBytes(arguments, row), Times(AtLeastZero(arguments.Number(1, row, 0)), 4))};
}

CallCost Replace(const CallArguments& arguments, std::size_t row) {
  const auto text = arguments.Bytes(0, row);
  const auto from = arguments.Bytes(1, row);
  if (from == 0) return {text};
  return {Plus(text, Times(text / from, arguments.Bytes(2, row)))};
}

// RE2 takes about one step for each byte of the text. With a long and hostile pattern it takes as
// many steps for each byte as the pattern has bytes.
std::uint64_t RegexpSteps(const CallArguments& arguments, std::size_t row) {
  constexpr std::uint64_t kPatternBytesFree = 200;
  const auto pattern = arguments.count() > 1 ? arguments.Bytes(1, row) : 0;
  return pattern <= kPatternBytesFree ? 0 : Times(arguments.Bytes(0, row), pattern);
}

// The pattern may match between any two characters, and the replacement may repeat the match.
CallCost RegexpReplace(const CallArguments& arguments, std::size_t row) {
  const auto text = arguments.Bytes(0, row);
  const auto replacement = arguments.Text(2, row);
  const auto groups =
      static_cast<std::uint64_t>(std::count(replacement.begin(), replacement.end(), '\\'));
  return {Plus(Times(text + 1, replacement.size() + 1), Times(text, groups)),
          RegexpSteps(arguments, row)};
}

std::uint64_t SeriesLength(const CallArguments& arguments, std::size_t row) {
  const bool has_stop = arguments.count() > 1;
  const auto start = has_stop ? arguments.Number(0, row, 0) : 0;
  const auto stop = arguments.Number(has_stop ? 1 : 0, row, 0);
  std::int64_t step = 1;
  if (arguments.count() > 2) {
    step = arguments.Number(2, row, 0);
    if (step == 0) step = arguments.IntervalMicros(2, row);
  }
  if (step == 0) return 0;
  const auto length = (static_cast<long double>(stop) - static_cast<long double>(start)) /
                      static_cast<long double>(step);
  if (!(length > 0)) return 1;
  return length < 1e18L ? static_cast<std::uint64_t>(length) + 1 : std::uint64_t{1} << 60;
}

CallCost Series(const CallArguments& arguments, std::size_t row) {
  return {Times(SeriesLength(arguments, row), sizeof(std::int64_t))};
}

CallCost ListResize(const CallArguments& arguments, std::size_t row) {
  const auto slot = std::max(kTextSlotBytes, arguments.count() > 2 ? arguments.Bytes(2, row) : 0);
  return {Plus(arguments.Bytes(0, row), Times(AtLeastZero(arguments.Number(1, row, 0)), slot))};
}

CallCost Bar(const CallArguments& arguments, std::size_t row) {
  constexpr std::int64_t kWidthDefault = 80;
  const auto width = arguments.count() > 3 ? arguments.Number(3, row, 0) : kWidthDefault;
  return {Times(AtLeastZero(width), 4)};
}

CallCost BitString(const CallArguments& arguments, std::size_t row) {
  return {Plus(arguments.Bytes(0, row), AtLeastZero(arguments.Number(1, row, 0)))};
}

// Widths and precisions stand in the format as numbers, or as * or {} for an argument. So every
// number counts as a width.
CallCost Format(const CallArguments& arguments, std::size_t row) {
  std::uint64_t bytes = AllBytes(arguments, row);
  std::uint64_t number = 0;
  for (const char c : arguments.Text(0, row)) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit) bytes = Plus(bytes, number);
    number = is_digit ? Plus(Times(number, 10), static_cast<std::uint64_t>(c - '0')) : 0;
    if (c == '%' || c == '{') bytes = Plus(bytes, 512);  // the longest number
  }
  bytes = Plus(bytes, number);
  for (std::size_t i = 1; i < arguments.count(); i++) {
    bytes = Plus(bytes, AtLeastZero(arguments.Number(i, row, 0)) % (std::uint64_t{1} << 32));
  }
  return {bytes};
}

CallCost ArrayToString(const CallArguments& arguments, std::size_t row) {
  const auto separator = arguments.count() > 1 ? arguments.Bytes(1, row) : 0;
  return {Plus(AllBytes(arguments, row), Times(arguments.Length(0, row), separator + 16))};
}

// Each line is indented by its depth.
CallCost JsonPretty(const CallArguments& arguments, std::size_t row) {
  const auto text = arguments.Text(0, row);
  std::uint64_t depth = 0;
  std::uint64_t bytes = text.size();
  for (const char c : text) {
    if (c == '[' || c == '{') depth++;
    if ((c == ']' || c == '}') && depth > 0) depth--;
    if (c == '[' || c == '{' || c == ',' || c == ']' || c == '}') bytes += 4 * depth + 2;
  }
  return {bytes};
}

std::uint64_t Cells(const CallArguments& arguments, std::size_t row) {
  return Times(arguments.Bytes(0, row), arguments.Bytes(1, row));
}

CallCost Compare(const CallArguments& arguments, std::size_t row) {
  return {AllBytes(arguments, row), Cells(arguments, row)};
}

// It compares each element of one with each of the other; an element has at least a few bytes.
CallCost JsonContains(const CallArguments& arguments, std::size_t row) {
  return {AllBytes(arguments, row), Cells(arguments, row) / 16};
}

// It keeps the whole table of distances in memory.
CallCost CompareInTable(const CallArguments& arguments, std::size_t row) {
  return {Times(Cells(arguments, row), 8), Times(Cells(arguments, row), 2)};
}

template <std::uint64_t kFactor>
CallCost Regexp(const CallArguments& arguments, std::size_t row) {
  return {Times(AllBytes(arguments, row), kFactor), RegexpSteps(arguments, row)};
}

const std::unordered_map<std::string_view, CallRule>& Rules() {
  static const std::unordered_map<std::string_view, CallRule> kRules = {
      {"array_grade_up", {Grown<2>, 2}},
      {"array_resize", {ListResize}},
      {"array_reverse_sort", {Grown<2>, 2}},
      {"array_sort", {Grown<2>, 2}},
      {"array_to_string", {ArrayToString}},
      {"array_to_string_comma_default", {ArrayToString}},
      {"bar", {Bar}},
      {"bin", {Grown<8>, 8}},
      {"bitstring", {BitString}},
      {"damerau_levenshtein", {CompareInTable}},
      {"editdist3", {Compare}},
      {"format", {Format}},
      {"generate_series", {Series}},
      {"grade_up", {Grown<2>, 2}},
      {"hex", {Grown<2>, 2}},
      {"jaro_similarity", {Compare}},
      {"jaro_winkler_similarity", {Compare}},
      {"json_contains", {JsonContains}},
      {"json_pretty", {JsonPretty}},
      {"json_quote", {Grown<6>, 6}},
      {"levenshtein", {Compare}},
      {"list_distinct", {Grown<12>, 12}},
      {"list_grade_up", {Grown<2>, 2}},
      {"list_resize", {ListResize}},
      {"list_reverse_sort", {Grown<2>, 2}},
      {"list_sort", {Grown<2>, 2}},
      {"list_unique", {Grown<12>, 12}},
      {"array_distinct", {Grown<12>, 12}},
      {"array_unique", {Grown<12>, 12}},
      {"lpad", {Pad}},
      {"printf", {Format}},
      {"range", {Series}},
      {"regexp_extract", {Regexp<1>}},
      {"regexp_extract_all", {Regexp<17>}},
      {"regexp_full_match", {Regexp<1>}},
      {"regexp_matches", {Regexp<1>}},
      {"regexp_replace", {RegexpReplace}},
      {"regexp_split_to_array", {Regexp<17>}},
      {"repeat", {Repeat}},
      {"replace", {Replace}},
      {"rpad", {Pad}},
      {"split", {Grown<17>, 17}},
      {"str_split", {Grown<17>, 17}},
      {"str_split_regex", {Regexp<17>}},
      {"strftime", {Grown<16>, 16}},
      {"string_split", {Grown<17>, 17}},
      {"string_split_regex", {Regexp<17>}},
      {"string_to_array", {Grown<17>, 17}},
      {"to_base", {Pad}},
      {"to_binary", {Grown<8>, 8}},
      {"to_hex", {Grown<2>, 2}},
      {"translate", {Grown<4>, 4}},
      {"url_encode", {Grown<3>, 3}},
  };
  return kRules;
}

// The size of one slot of a list.
std::uint64_t ElementBytes(const duckdb::LogicalType& list) {
  const auto element = duckdb::ListType::GetChildType(list).InternalType();
  return duckdb::TypeIsConstantSize(element) ? duckdb::GetTypeIdSize(element) : kTextSlotBytes;
}

// The largest `get` of the valid rows; a constant vector has only one row.
template <class T, class Get>
std::uint64_t LargestOf(duckdb::Vector& vector, std::size_t row_count, Get get) {
  if (vector.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR) {
    row_count = std::min<std::size_t>(row_count, 1);
  }
  duckdb::UnifiedVectorFormat data;
  vector.ToUnifiedFormat(row_count, data);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<T>(data);
  std::uint64_t largest = 0;
  for (std::size_t row = 0; row < row_count; row++) {
    const auto at = data.sel->get_index(row);
    if (data.validity.RowIsValid(at)) largest = std::max<std::uint64_t>(largest, get(values[at]));
  }
  return largest;
}

std::uint64_t MostBytesIn(duckdb::Vector& vector, std::size_t row_count) {
  switch (vector.GetType().InternalType()) {
    case PhysicalType::VARCHAR:
      return LargestOf<duckdb::string_t>(vector, row_count,
                                         [](const auto& text) { return text.GetSize(); });
    case PhysicalType::LIST:
      return Times(LargestOf<duckdb::list_entry_t>(vector, row_count,
                                                   [](const auto& list) { return list.length; }),
                   ElementBytes(vector.GetType()));
    default:
      return 0;
  }
}

}  // namespace

std::uint64_t MostBytesOfARow(duckdb::DataChunk& arguments) {
  std::uint64_t most = 0;
  for (auto& vector : arguments.data) most = Plus(most, MostBytesIn(vector, arguments.size()));
  return most;
}

CallArguments::CallArguments(duckdb::DataChunk& arguments) : row_count_(arguments.size()) {
  columns_.resize(arguments.ColumnCount());
  for (std::size_t i = 0; i < columns_.size(); i++) {
    auto& vector = arguments.data[i];
    auto& column = columns_[i];
    column.type = vector.GetType().id();
    column.physical = vector.GetType().InternalType();
    column.kind = Kind::kOther;
    if (column.physical == PhysicalType::VARCHAR) column.kind = Kind::kText;
    if (column.physical == PhysicalType::LIST) {
      column.kind = Kind::kList;
      column.element_bytes = ElementBytes(vector.GetType());
    }
    vector.ToUnifiedFormat(row_count_, column.data);
  }
}

std::uint64_t CallArguments::Length(std::size_t column, std::size_t row) const {
  const auto& data = columns_[column].data;
  const auto at = data.sel->get_index(row);
  if (columns_[column].kind != Kind::kList || !data.validity.RowIsValid(at)) return 0;
  return duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(data)[at].length;
}

std::uint64_t CallArguments::Bytes(std::size_t column, std::size_t row) const {
  if (columns_[column].kind == Kind::kList) {
    return Length(column, row) * columns_[column].element_bytes;
  }
  return Text(column, row).size();
}

std::string_view CallArguments::Text(std::size_t column, std::size_t row) const {
  const auto& data = columns_[column].data;
  const auto at = data.sel->get_index(row);
  if (columns_[column].kind != Kind::kText || !data.validity.RowIsValid(at)) return {};
  const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(data)[at];
  return {text.GetData(), text.GetSize()};
}

std::int64_t CallArguments::Number(std::size_t column, std::size_t row,
                                   std::int64_t otherwise) const {
  const auto& data = columns_[column].data;
  const auto at = data.sel->get_index(row);
  if (!data.validity.RowIsValid(at)) return otherwise;
  const auto get = [&]<class T>(T) {
    return static_cast<std::int64_t>(duckdb::UnifiedVectorFormat::GetData<T>(data)[at]);
  };
  switch (columns_[column].physical) {
    case PhysicalType::INT8:
      return get(std::int8_t{});
    case PhysicalType::INT16:
      return get(std::int16_t{});
    case PhysicalType::INT32:
      return get(std::int32_t{});
    case PhysicalType::INT64:
      return get(std::int64_t{});
    case PhysicalType::UINT8:
      return get(std::uint8_t{});
    case PhysicalType::UINT16:
      return get(std::uint16_t{});
    case PhysicalType::UINT32:
      return get(std::uint32_t{});
    case PhysicalType::UINT64: {
      const auto number = duckdb::UnifiedVectorFormat::GetData<std::uint64_t>(data)[at];
      return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
    }
    case PhysicalType::DOUBLE: {
      const auto number = duckdb::UnifiedVectorFormat::GetData<double>(data)[at];
      if (!(std::abs(number) < 9e18)) return number > 0 ? INT64_MAX : INT64_MIN;
      return static_cast<std::int64_t>(number);
    }
    default:
      return otherwise;
  }
}

std::int64_t CallArguments::IntervalMicros(std::size_t column, std::size_t row) const {
  const auto& data = columns_[column].data;
  const auto at = data.sel->get_index(row);
  if (columns_[column].type != LogicalTypeId::INTERVAL || !data.validity.RowIsValid(at)) return 0;
  constexpr std::int64_t kMonthDays = 28;
  const auto& interval = duckdb::UnifiedVectorFormat::GetData<duckdb::interval_t>(data)[at];
  const auto days = interval.months * kMonthDays + interval.days;
  std::int64_t micros;
  if (__builtin_mul_overflow(days, kDayMicros, &micros) ||
      __builtin_add_overflow(micros, interval.micros, &micros)) {
    return days > 0 ? INT64_MAX : INT64_MIN;
  }
  return micros;
}

CallRule RuleOf(const std::string& name) {
  const auto found = Rules().find(name);
  return found == Rules().end() ? CallRule{Grown<1>, 1} : found->second;
}

bool HasRuleOfItsOwn(const std::string& name) { return Rules().contains(name); }

}  // namespace arc::engine
