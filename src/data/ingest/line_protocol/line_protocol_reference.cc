#include "data/ingest/line_protocol/line_protocol_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/model/names.h"

namespace arc::ingest {
namespace {

using Value = std::variant<bool, std::int64_t, double, std::string>;

struct Pair {
  std::string key;
  Value value;
};

struct Record {
  std::string measurement;
  std::vector<Pair> tags;
  std::vector<Pair> fields;
  std::optional<std::int64_t> timestamp;
};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsUtf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[at])) : 0u;
    };
    const unsigned first = byte(i);
    const std::size_t size = first < 0x80    ? 1
                             : first < 0xC0  ? 0
                             : first < 0xE0  ? 2
                             : first < 0xF0  ? 3
                             : first <= 0xF4 ? 4
                                             : 0;
    if (size == 0) return false;
    unsigned point = size == 1 ? first : first & (0x7Fu >> size);
    for (std::size_t k = 1; k < size; k++) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      point = (point << 6) | (byte(i + k) & 0x3F);
    }
    constexpr std::array<unsigned, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[size] || point > 0x10FFFF) return false;
    if (point >= 0xD800 && point <= 0xDFFF) return false;
    i += size;
  }
  return true;
}

// Behind the closing quote of the string that opens at `open`, or nothing when it is not closed.
std::optional<std::size_t> BehindString(std::string_view text, std::size_t open) {
  for (auto i = open + 1; i < text.size(); i++) {
    if (text[i] == '"') return i + 1;
    const char next = i + 1 < text.size() ? text[i + 1] : 'x';
    if (text[i] == '\\' && (next == '"' || next == '\\')) i++;
  }
  return std::nullopt;
}

bool EndsValue(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ',' || text[at] == '\n' || IsBlank(text[at]);
}

std::size_t RecordEnd(std::string_view body, std::size_t start) {
  bool is_in_fields = false;
  for (auto i = start; i < body.size(); i++) {
    const auto back = [&](std::size_t n) { return i >= start + n ? body[i - n] : 'x'; };
    if (body[i] == '\n') return i;
    if (body[i] == ' ' && back(1) != '\\') is_in_fields = true;
    if (is_in_fields && body[i] == '"' && back(1) == '=' && back(2) != '\\') {
      const auto behind = BehindString(body, i);
      if (behind && EndsValue(body, *behind)) i = *behind - 1;
    }
  }
  return body.size();
}

// Takes the text from `at` up to an unescaped byte of `stops`, without its escapes.
std::string TakeWord(std::string_view text, std::size_t& at, std::string_view stops) {
  std::string word;
  while (at < text.size()) {
    const char c = text[at];
    const char next = at + 1 < text.size() ? text[at + 1] : 'x';
    if (c == '\\' && (next == ',' || next == '=' || next == ' ')) {
      word.push_back(next);
      at += 2;
      continue;
    }
    if (stops.find(c) != std::string_view::npos) break;
    word.push_back(c);
    at++;
  }
  return word;
}

std::optional<std::int64_t> Integer(std::string text, bool may_be_negative, bool may_have_plus) {
  bool is_negative = false;
  if (!text.empty() && ((text[0] == '-' && may_be_negative) || (text[0] == '+' && may_have_plus))) {
    is_negative = text[0] == '-';
    text.erase(0, 1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  const std::string greatest = is_negative ? "9223372036854775808" : "9223372036854775807";
  if (text.size() > greatest.size()) return std::nullopt;
  if (text.size() == greatest.size() && text > greatest) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) value = value * 10 - (c - '0');
  return is_negative ? value : -value;
}

std::optional<double> Double(const std::string& text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto before = i;
    while (i < text.size() && IsDigit(text[i])) i++;
    return i - before;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) i++;
  auto count = digits();
  if (i < text.size() && text[i] == '.') {
    i++;
    count += digits();
  }
  const auto mantissa = text.substr(0, i);
  if (count == 0) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    i++;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) i++;
    if (digits() == 0) return std::nullopt;
  }
  if (i != text.size()) return std::nullopt;
  const double value = std::strtod(text.c_str(), nullptr);
  const bool is_zero = mantissa.find_first_of("123456789") == std::string::npos;
  if (std::isinf(value) || (value == 0 && !is_zero)) return std::nullopt;
  return value;
}

std::optional<Value> Number(const std::string& text) {
  static const std::set<std::string> true_words = {"t", "T", "true", "True", "TRUE"};
  static const std::set<std::string> false_words = {"f", "F", "false", "False", "FALSE"};
  if (true_words.count(text) > 0) return true;
  if (false_words.count(text) > 0) return false;
  if (text.empty()) return std::nullopt;
  const auto head = text.substr(0, text.size() - 1);
  if (text.back() == 'i') return Integer(head, true, true);
  if (text.back() == 'u') return Integer(head, false, true);
  return Double(text);
}

bool ParseTags(std::string_view text, std::size_t& at, Record& record) {
  while (at < text.size() && text[at] == ',') {
    at++;
    Pair tag;
    tag.key = TakeWord(text, at, ",= ");
    if (tag.key.empty() || at >= text.size() || text[at] != '=') return false;
    at++;
    auto value = TakeWord(text, at, ",= ");
    if (value.empty() || (at < text.size() && text[at] == '=')) return false;
    tag.value = std::move(value);
    record.tags.push_back(std::move(tag));
  }
  return true;
}

std::optional<Value> ParseValue(std::string_view text, std::size_t& at) {
  if (at < text.size() && text[at] == '"') {
    const auto behind = BehindString(text, at);
    if (!behind || !EndsValue(text, *behind)) return std::nullopt;
    std::string value;
    for (auto i = at + 1; i + 1 < *behind; i++) {
      if (text[i] == '\\' && (text[i + 1] == '"' || text[i + 1] == '\\')) i++;
      value.push_back(text[i]);
    }
    at = *behind;
    return value;
  }
  std::string word;
  for (; !EndsValue(text, at); at++) word.push_back(text[at]);
  return Number(word);
}

bool ParseFields(std::string_view text, std::size_t& at, Record& record) {
  while (true) {
    Pair field;
    field.key = TakeWord(text, at, ",= ");
    if (field.key.empty() || at >= text.size() || text[at] != '=') return false;
    at++;
    auto value = ParseValue(text, at);
    if (!value) return false;
    field.value = std::move(*value);
    record.fields.push_back(std::move(field));
    if (at >= text.size() || text[at] != ',') return true;
    at++;
  }
}

std::optional<Record> ParseRecord(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  Record record;
  std::size_t at = 0;
  record.measurement = TakeWord(text, at, ", ");
  if (!ParseTags(text, at, record)) return std::nullopt;
  while (at < text.size() && IsBlank(text[at])) at++;
  if (!ParseFields(text, at, record)) return std::nullopt;
  while (at < text.size() && IsBlank(text[at])) at++;
  if (at < text.size()) {
    record.timestamp = Integer(std::string(text.substr(at)), true, false);
    if (!record.timestamp) return std::nullopt;
  }
  return record;
}

// Nothing when out of range.
std::optional<std::int64_t> Micros(std::int64_t timestamp, Precision precision) {
  if (precision == Precision::kAuto) {
    const auto digits = std::to_string(timestamp).size() - (timestamp < 0 ? 1 : 0);
    precision = digits <= 10   ? Precision::kSeconds
                : digits <= 13 ? Precision::kMilliseconds
                : digits <= 16 ? Precision::kMicroseconds
                               : Precision::kNanoseconds;
  }
  if (precision == Precision::kNanoseconds) {
    return static_cast<std::int64_t>(std::floor(static_cast<long double>(timestamp) / 1000.0L));
  }
  static const std::map<Precision, std::int64_t> factors = {{Precision::kMicroseconds, 1},
                                                            {Precision::kMilliseconds, 1000},
                                                            {Precision::kSeconds, 1000000},
                                                            {Precision::kMinutes, 60000000},
                                                            {Precision::kHours, 3600000000}};
  const auto factor = factors.at(precision);
  const auto product = timestamp * static_cast<__int128_t>(factor);
  if (product > INT64_MAX || product < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(product);
}

struct SlowColumn {
  std::string name;
  ColumnType type = ColumnType::kNull;
  bool came_as_tag = false;
  bool came_as_field = false;
};

struct SlowTable {
  std::string name;
  std::shared_ptr<const RowSchema> schema;
  std::vector<SlowColumn> columns;
  std::vector<std::map<std::string, Value>> rows;  // by lower-case name
  std::vector<std::int64_t> times;
  std::vector<std::uint32_t> lines;

  std::uint64_t NullCount() const {
    std::uint64_t cells = 0;
    for (const auto& row : rows) cells += row.size();
    return columns.size() * rows.size() - cells;
  }
};

ColumnType TypeOf(const Value& value) {
  constexpr std::array<ColumnType, 4> kTypes = {ColumnType::kBool, ColumnType::kInt64,
                                                ColumnType::kDouble, ColumnType::kString};
  return kTypes[value.index()];
}

// Adds one cell to the last row of `table`. False when it does not fit.
bool AddCell(SlowTable& table, const std::string& key, const Value& value, bool is_tag) {
  const auto lower = ToLower(key);
  if (lower == "time") return false;
  auto found =
      std::find_if(table.columns.begin(), table.columns.end(),
                   [&](const SlowColumn& column) { return ToLower(column.name) == lower; });
  if (found == table.columns.end()) {
    SlowColumn column{key};
    const auto index = table.schema ? table.schema->IndexOf(key) : RowSchema::kNotFound;
    if (index != RowSchema::kNotFound) {
      column.name = table.schema->columns()[index].name;
      column.type = table.schema->columns()[index].type;
    }
    found = table.columns.insert(table.columns.end(), column);
  }
  ColumnType joined;
  if (!JoinTypes(found->type, TypeOf(value), joined)) return false;
  found->type = joined;
  (is_tag ? found->came_as_tag : found->came_as_field) = true;
  return table.rows.back().emplace(lower, value).second;
}

bool AddRow(SlowTable& table, const Record& record) {
  table.rows.emplace_back();
  std::set<std::string> tag_names;
  for (const auto& tag : record.tags) {
    if (!AddCell(table, tag.key, tag.value, true)) return false;
    tag_names.insert(ToLower(tag.key));
  }
  for (const auto& field : record.fields) {
    const bool collides = tag_names.count(ToLower(field.key)) > 0;
    if (!AddCell(table, collides ? field.key + "_value" : field.key, field.value, false)) {
      return false;
    }
  }
  return true;
}

// The column's values, with `empty` where a row has none.
template <class T, class Convert>
std::vector<T> Gather(const std::vector<const Value*>& cells, Convert convert) {
  std::vector<T> values;
  for (const auto* cell : cells) values.push_back(cell == nullptr ? T{} : convert(*cell));
  return values;
}

double AsDouble(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

Column::Values GatherStrings(const SlowColumn& column, const std::vector<const Value*>& cells) {
  if (column.came_as_field) {
    StringValues strings;
    for (const auto* cell : cells) {
      strings.Append(cell == nullptr ? "" : std::get<std::string>(*cell));
    }
    return strings;
  }
  DictionaryValues coded;
  std::map<std::string, std::uint32_t> codes;
  for (const auto* cell : cells) {
    if (cell == nullptr) {
      coded.codes.push_back(DictionaryValues::kNullCode);
      continue;
    }
    const auto& word = std::get<std::string>(*cell);
    const auto [code, is_new] = codes.emplace(word, coded.dictionary.size());
    if (is_new) coded.dictionary.Append(word);
    coded.codes.push_back(code->second);
  }
  return coded;
}

Column Finish(const SlowColumn& slow, const SlowTable& table) {
  std::vector<const Value*> cells;
  for (const auto& row : table.rows) {
    const auto found = row.find(ToLower(slow.name));
    cells.push_back(found == row.end() ? nullptr : &found->second);
  }
  Column column{slow.name, slow.came_as_tag ? ColumnRole::kTag : ColumnRole::kField, {}, {}};
  switch (slow.type) {
    case ColumnType::kNull:
      break;
    case ColumnType::kBool:
      column.values = Gather<std::uint8_t>(
          cells, [](const Value& v) { return static_cast<std::uint8_t>(std::get<bool>(v)); });
      break;
    case ColumnType::kInt64:
      column.values =
          Gather<std::int64_t>(cells, [](const Value& v) { return std::get<std::int64_t>(v); });
      break;
    case ColumnType::kDouble:
      column.values = Gather<double>(cells, AsDouble);
      break;
    case ColumnType::kString:
      column.values = GatherStrings(slow, cells);
      break;
  }
  const bool has_nulls = std::count(cells.begin(), cells.end(), nullptr) > 0;
  if (has_nulls && !std::holds_alternative<DictionaryValues>(column.values)) {
    column.validity.resize((cells.size() + 63) / 64);
    for (std::size_t i = 0; i < cells.size(); i++) {
      if (cells[i] != nullptr) column.validity[i / 64] |= std::uint64_t{1} << (i % 64);
    }
  }
  return column;
}

DecodedMeasurement Finish(const SlowTable& table) {
  DecodedMeasurement decoded;
  decoded.measurement = table.name;
  for (const auto& column : table.columns) decoded.batch.columns.push_back(Finish(column, table));
  decoded.batch.times = table.times;
  decoded.batch.SetTimeRange();
  decoded.lines = table.lines;
  return decoded;
}

// Where stored lines go. Trying a line on a copy is slow, and leaves no trace of a rejected one.
class SlowTables {
 public:
  SlowTables(const LineProtocolOptions& options, const SchemaSource& schemas)
      : options_(options), schemas_(schemas) {}

  bool Store(const std::string& text, std::uint32_t line) {
    if (!IsUtf8(text)) return false;
    const auto record = ParseRecord(text);
    if (!record || !IsMeasurementName(record->measurement)) return false;
    const auto time = record->timestamp ? Believed(Micros(*record->timestamp, options_.precision))
                                        : std::optional(options_.now_micros);
    if (!time) return false;
    auto found = std::find_if(tables_.begin(), tables_.end(), [&](const SlowTable& table) {
      return table.name == record->measurement;
    });
    const bool is_new = found == tables_.end();
    auto tried =
        is_new ? SlowTable{record->measurement, schemas_.Find(record->measurement), {}, {}, {}, {}}
               : *found;
    if (!AddRow(tried, *record)) return false;
    tried.times.push_back(*time);
    tried.lines.push_back(line);
    auto nulls = tried.NullCount();
    for (const auto& table : tables_) {
      if (table.name != tried.name) nulls += table.NullCount();
    }
    if (nulls > options_.nulls_max) return false;
    if (is_new) {
      tables_.push_back(std::move(tried));
    } else {
      *found = std::move(tried);
    }
    return true;
  }

  const std::vector<SlowTable>& tables() const { return tables_; }

 private:
  std::optional<std::int64_t> Believed(std::optional<std::int64_t> time) const {
    if (time && (*time < options_.times.min_micros || *time > options_.times.max_micros)) return {};
    return time;
  }

  const LineProtocolOptions& options_;
  const SchemaSource& schemas_;
  std::vector<SlowTable> tables_;
};

std::string FindDifference(const Column& a, const Column& b, std::size_t row_count) {
  if (a.name != b.name) return fmt::format("column {} instead of {}", b.name, a.name);
  if (a.role != b.role) return a.name + ": another role";
  if (a.values.index() != b.values.index()) return a.name + ": another form of values";
  if (a.validity != b.validity) return a.name + ": other NULLs";
  for (std::size_t row = 0; row < row_count; row++) {
    const auto in_a = ValueText(a, row);
    const auto in_b = ValueText(b, row);
    const auto* doubles_a = std::get_if<std::vector<double>>(&a.values);
    const auto* doubles_b = std::get_if<std::vector<double>>(&b.values);
    const bool has_same_bits =
        doubles_a == nullptr ||
        std::memcmp(&(*doubles_a)[row], &(*doubles_b)[row], sizeof(double)) == 0;
    if (in_a != in_b || !has_same_bits) {
      return fmt::format("{}, row {}: {} and {}", a.name, row, in_a, in_b);
    }
  }
  const auto* coded_a = std::get_if<DictionaryValues>(&a.values);
  const auto* coded_b = std::get_if<DictionaryValues>(&b.values);
  if (coded_a != nullptr && coded_a->dictionary.bytes != coded_b->dictionary.bytes) {
    return a.name + ": another dictionary";
  }
  return "";
}

std::string FindDifference(const DecodedMeasurement& a, const DecodedMeasurement& b) {
  if (a.measurement != b.measurement) return a.measurement + " and " + b.measurement;
  if (a.lines != b.lines) return a.measurement + ": other lines";
  if (a.batch.times != b.batch.times) return a.measurement + ": other times";
  if (a.batch.min_time != b.batch.min_time || a.batch.max_time != b.batch.max_time) {
    return a.measurement + ": another time range";
  }
  if (a.batch.columns.size() != b.batch.columns.size()) return a.measurement + ": column count";
  for (std::size_t i = 0; i < a.batch.columns.size(); i++) {
    auto difference = FindDifference(a.batch.columns[i], b.batch.columns[i], a.batch.row_count());
    if (!difference.empty()) return a.measurement + ": " + difference;
  }
  return "";
}

}  // namespace

DecodedBody DecodeLineProtocolSlowly(std::string_view body, const LineProtocolOptions& options,
                                     const SchemaSource& schemas) {
  DecodedBody decoded;
  SlowTables tables(options, schemas);
  std::uint32_t line = 1;
  std::size_t at = 0;
  while (at < body.size()) {
    if (body[at] == '\n') line++;
    if (body[at] == '\n' || IsBlank(body[at])) {
      at++;
    } else if (body[at] == '#') {
      while (at < body.size() && body[at] != '\n') at++;
    } else {
      const auto end = RecordEnd(body, at);
      const std::string text(body.substr(at, end - at));
      if (!tables.Store(text, line)) decoded.rejections.Add(line, "rejected");
      line += static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
      at = end;
    }
  }
  for (const auto& table : tables.tables()) decoded.measurements.push_back(Finish(table));
  return decoded;
}

std::string FindDifference(const DecodedBody& a, const DecodedBody& b) {
  if (a.rejections.count != b.rejections.count) {
    return fmt::format("{} and {} rejections", a.rejections.count, b.rejections.count);
  }
  for (std::size_t i = 0; i < a.rejections.first.size(); i++) {
    const auto line_a = a.rejections.first[i].line;
    const auto line_b = b.rejections.first[i].line;
    if (line_a != line_b) return fmt::format("lines {} and {} rejected", line_a, line_b);
  }
  if (a.measurements.size() != b.measurements.size()) {
    return fmt::format("{} and {} measurements", a.measurements.size(), b.measurements.size());
  }
  for (std::size_t i = 0; i < a.measurements.size(); i++) {
    auto difference = FindDifference(a.measurements[i], b.measurements[i]);
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace arc::ingest
