#include "data/ingest/msgpack/msgpack_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/model/names.h"

namespace arc::ingest {
namespace {

struct Box;
struct Entry;
struct Nil {};
struct Binary {};
struct Extension {
  int type;
  std::string data;
};
using Array = std::vector<Box>;
using Map = std::vector<Entry>;
struct Box {
  std::variant<Nil, bool, std::int64_t, std::uint64_t, double, std::string, Binary, Extension,
               Array, Map>
      value;

  template <class T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
};
struct Entry {
  Box key;
  Box value;
};

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? text[at] & 0xFF : 0; };
    const int first = byte(i);
    const int size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size == 0 || first > 0xF4) return false;
    for (int k = 1; k < size; k++) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    if (first == 0xE0 && byte(i + 1) < 0xA0) return false;  // could be shorter
    if (first == 0xED && byte(i + 1) > 0x9F) return false;  // a surrogate
    if (first == 0xF0 && byte(i + 1) < 0x90) return false;  // could be shorter
    if (first == 0xF4 && byte(i + 1) > 0x8F) return false;  // beyond U+10FFFF
    i += static_cast<std::size_t>(size);
  }
  return true;
}

// Throws nothing: after a failure `failed` is set and boxes mean nothing.
class BoxParser {
 public:
  explicit BoxParser(std::string_view bytes) : bytes_(bytes) {}

  bool failed = false;
  bool at_end() const { return position_ == bytes_.size(); }

  Box Parse(int depth) {
    const auto tag = Unsigned(1);
    if (failed) return {};
    if (tag <= 0x7F) return {static_cast<std::int64_t>(tag)};
    if (tag <= 0x8F) return ParseMap(depth, tag & 0xF);
    if (tag <= 0x9F) return ParseArray(depth, tag & 0xF);
    if (tag <= 0xBF) return {Take(tag & 0x1F)};
    if (tag >= 0xE0) return {static_cast<std::int64_t>(tag) - 256};
    if (tag == 0xC0) return {Nil{}};
    if (tag == 0xC2 || tag == 0xC3) return {tag == 0xC3};
    if (tag >= 0xC4 && tag <= 0xC6) {
      Take(Unsigned(1 << (tag - 0xC4)));
      return {Binary{}};
    }
    if (tag >= 0xC7 && tag <= 0xC9) return ParseExtension(Unsigned(1 << (tag - 0xC7)));
    if (tag == 0xCA) return {double{std::bit_cast<float>(static_cast<std::uint32_t>(Unsigned(4)))}};
    if (tag == 0xCB) return {std::bit_cast<double>(Unsigned(8))};
    if (tag >= 0xCC && tag <= 0xCF) return ParseUnsigned(Unsigned(1 << (tag - 0xCC)));
    if (tag >= 0xD0 && tag <= 0xD3) return ParseSigned(1 << (tag - 0xD0));
    if (tag >= 0xD4 && tag <= 0xD8) return ParseExtension(std::uint64_t{1} << (tag - 0xD4));
    if (tag >= 0xD9 && tag <= 0xDB) return {Take(Unsigned(1 << (tag - 0xD9)))};
    if (tag == 0xDC || tag == 0xDD) return ParseArray(depth, Unsigned(tag == 0xDC ? 2 : 4));
    if (tag == 0xDE || tag == 0xDF) return ParseMap(depth, Unsigned(tag == 0xDE ? 2 : 4));
    failed = true;  // C1
    return {};
  }

 private:
  std::string Take(std::uint64_t size) {
    if (failed || bytes_.size() - position_ < size) {
      failed = true;
      return "";
    }
    position_ += size;
    return std::string(bytes_.substr(position_ - size, size));
  }
  std::uint64_t Unsigned(int size) {
    std::uint64_t number = 0;
    for (const char byte : Take(static_cast<std::uint64_t>(size))) {
      number = number << 8 | static_cast<std::uint8_t>(byte);
    }
    return number;
  }
  static Box ParseUnsigned(std::uint64_t number) {
    if (number > INT64_MAX) return {number};
    return {static_cast<std::int64_t>(number)};
  }
  Box ParseSigned(int size) {
    const int shift = 64 - 8 * size;
    return {static_cast<std::int64_t>(Unsigned(size) << shift) >> shift};
  }
  Box ParseExtension(std::uint64_t size) {
    const auto type = static_cast<std::int8_t>(Unsigned(1));
    return {Extension{type, Take(size)}};
  }
  Box ParseArray(int depth, std::uint64_t count) {
    Array array;
    if (depth >= 32) failed = true;
    for (std::uint64_t i = 0; i < count && !failed; i++) array.push_back(Parse(depth + 1));
    return {std::move(array)};
  }
  Box ParseMap(int depth, std::uint64_t count) {
    Map map;
    if (depth >= 32) failed = true;
    for (std::uint64_t i = 0; i < count && !failed; i++) {
      auto key = Parse(depth + 1);
      map.push_back({std::move(key), Parse(depth + 1)});
    }
    return {std::move(map)};
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
};

// The value of the key, null when there is none; `is_twice` is set when there are two.
const Box* Find(const Map& map, std::string_view key, bool& is_twice) {
  const Box* found = nullptr;
  for (const auto& [k, value] : map) {
    const auto* const name = k.As<std::string>();
    if (name == nullptr || *name != key) continue;
    if (found != nullptr) is_twice = true;
    found = &value;
  }
  return found;
}

std::optional<double> AsNumber(const Box& box) {
  if (const auto* const n = box.As<std::int64_t>()) return static_cast<double>(*n);
  if (const auto* const n = box.As<std::uint64_t>()) return static_cast<double>(*n);
  if (const auto* const n = box.As<double>()) return *n;
  return std::nullopt;
}

// Microseconds in the unit, and units in a microsecond: one of them is 1.
struct Unit {
  int multiply = 1;
  int divide = 1;
};

template <class T>
Unit UnitOfSize(T size) {
  if (size < T(1e10)) return {1'000'000, 1};
  if (size < T(1e13)) return {1000, 1};
  if (size < T(1e16)) return {1, 1};
  return {1, 1000};
}

Unit UnitOf(const Box& box) {
  if (const auto* const number = box.As<double>()) return UnitOfSize(std::fabs(*number));
  __int128 whole = 0;
  if (const auto* const n = box.As<std::int64_t>()) whole = *n;
  if (const auto* const n = box.As<std::uint64_t>()) whole = *n;
  return UnitOfSize(whole < 0 ? -whole : whole);
}

std::optional<std::int64_t> WholeMicros(__int128 number, Unit unit) {
  number *= unit.multiply;
  auto micros = number / unit.divide;
  if (micros * unit.divide > number) micros--;
  if (micros < INT64_MIN || micros > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(micros);
}

std::optional<std::int64_t> ExtensionMicros(const Extension& extension) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  const auto size = extension.data.size();
  for (std::size_t i = 0; i < size; i++) {
    auto& half = i + 8 < size ? high : low;
    half = half << 8 | static_cast<std::uint8_t>(extension.data[i]);
  }
  if (extension.type != -1 || (size != 4 && size != 8 && size != 12)) return std::nullopt;
  const auto nanos = size == 4 ? 0 : size == 8 ? low >> 34 : high;
  const auto seconds = static_cast<std::int64_t>(size == 8 ? low & 0x3FFFFFFFF : low);
  if (nanos > 999'999'999) return std::nullopt;
  if (seconds > INT64_MAX / 1'000'000 + 1 || seconds < INT64_MIN / 1'000'000) return std::nullopt;
  return WholeMicros(static_cast<__int128>(seconds) * 1'000'000'000 + nanos, {1, 1000});
}

std::optional<std::int64_t> Micros(const Box& box, Unit unit) {
  if (const auto* const n = box.As<std::int64_t>()) return WholeMicros(*n, unit);
  if (const auto* const n = box.As<std::uint64_t>()) return WholeMicros(*n, unit);
  if (const auto* const extension = box.As<Extension>()) return ExtensionMicros(*extension);
  const auto* const number = box.As<double>();
  if (number == nullptr) return std::nullopt;
  const double scaled = std::floor(*number * unit.multiply / unit.divide);
  if (!(scaled >= -0x1p63 && scaled < 0x1p63)) return std::nullopt;
  return static_cast<std::int64_t>(scaled);
}

// The type of column a box makes; nothing when no column can hold it.
std::optional<ColumnType> TypeOf(const Box& box) {
  if (box.As<Nil>()) return ColumnType::kNull;
  if (box.As<bool>()) return ColumnType::kBool;
  if (box.As<std::int64_t>()) return ColumnType::kInt64;
  if (box.As<double>()) return ColumnType::kDouble;
  const auto* const text = box.As<std::string>();
  if (text != nullptr && IsUtf8(*text)) return ColumnType::kString;
  return std::nullopt;
}

// The text of a tag. Values that cannot be text stay as they are, and fit no column.
Box TagBox(const Box& box) {
  if (const auto* const b = box.As<bool>()) return {std::string(*b ? "true" : "false")};
  if (const auto* const n = box.As<std::int64_t>()) return {std::to_string(*n)};
  if (const auto* const n = box.As<std::uint64_t>()) return {std::to_string(*n)};
  if (const auto* const n = box.As<double>()) return {fmt::format("{}", *n)};
  return box;
}

struct NamedBox {
  std::string name;
  Box box;
  bool is_tag = false;
};

constexpr std::size_t kColumnsMaxHere = 4096;

class Table {
 public:
  explicit Table(std::shared_ptr<const RowSchema> schema) : schema_(std::move(schema)) {}

  std::size_t Find(std::string_view name) const {
    const auto found = index_.find(ToLower(name));
    return found == index_.end() ? columns_.size() : found->second;
  }
  std::size_t column_count() const { return columns_.size(); }
  bool has_rows() const { return !rows_.empty(); }

  bool AddRow(std::vector<NamedBox> cells, std::int64_t time, std::uint32_t item) {
    const auto columns_before = columns_;
    const auto index_before = index_;
    Row row{time, item, {}};
    std::set<std::size_t> tags;
    bool is_good = true;
    for (auto& cell : cells) {
      if (cell.is_tag) cell.box = TagBox(cell.box);
      if (!cell.is_tag && tags.contains(Find(cell.name))) cell.name += "_value";
      const auto slot = FindOrAdd(cell.name);
      if (cell.is_tag) tags.insert(slot);
      const auto type = TypeOf(cell.box);
      auto& column = columns_[slot];
      is_good = is_good && columns_.size() <= kColumnsMaxHere && type &&
                JoinTypes(column.type, *type, column.type) &&
                row.values.emplace(slot, cell.box).second;
      if (cell.is_tag) column.role = ColumnRole::kTag;
    }
    if (is_good) {
      rows_.push_back(std::move(row));
    } else {
      columns_ = columns_before;
      index_ = index_before;
    }
    return is_good;
  }

  DecodedMeasurement Finish(const std::string& name) const {
    DecodedMeasurement measurement{name, {}, {}};
    for (const auto& row : rows_) {
      measurement.batch.times.push_back(row.time);
      measurement.lines.push_back(row.item);
    }
    measurement.batch.SetTimeRange();
    for (std::size_t slot = 0; slot < columns_.size(); slot++) {
      measurement.batch.columns.push_back(FinishColumn(slot));
    }
    return measurement;
  }

 private:
  struct Row {
    std::int64_t time;
    std::uint32_t item;
    std::map<std::size_t, Box> values;
  };

  std::size_t FindOrAdd(std::string_view name) {
    const auto slot = Find(name);
    if (slot < columns_.size()) return slot;
    index_[ToLower(name)] = slot;
    const auto known = schema_ ? schema_->IndexOf(name) : RowSchema::kNotFound;
    if (known == RowSchema::kNotFound) {
      columns_.push_back({std::string(name)});
    } else {
      columns_.push_back({schema_->columns()[known].name, schema_->columns()[known].type});
    }
    return slot;
  }

  Column FinishColumn(std::size_t slot) const {
    Column column{columns_[slot].name, columns_[slot].role, {}, {}};
    std::vector<std::uint8_t> bools(rows_.size());
    std::vector<std::int64_t> integers(rows_.size());
    std::vector<double> doubles(rows_.size());
    StringValues strings;
    std::vector<std::uint64_t> validity((rows_.size() + 63) / 64);
    bool has_values = false;
    for (std::size_t i = 0; i < rows_.size(); i++) {
      const auto found = rows_[i].values.find(slot);
      const Box box = found == rows_[i].values.end() ? Box{} : found->second;
      const auto* const text = box.As<std::string>();
      strings.Append(text == nullptr ? "" : *text);
      if (box.As<Nil>()) continue;
      has_values = true;
      validity[i / 64] |= std::uint64_t{1} << i % 64;
      if (const auto* const b = box.As<bool>()) bools[i] = *b;
      if (const auto* const n = box.As<std::int64_t>()) integers[i] = *n;
      doubles[i] = AsNumber(box).value_or(0);
    }
    if (!has_values) return column;
    column.validity = std::move(validity);
    if (columns_[slot].type == ColumnType::kBool) column.values = std::move(bools);
    if (columns_[slot].type == ColumnType::kInt64) column.values = std::move(integers);
    if (columns_[slot].type == ColumnType::kDouble) column.values = std::move(doubles);
    if (columns_[slot].type == ColumnType::kString) column.values = std::move(strings);
    return column;
  }

  std::shared_ptr<const RowSchema> schema_;
  std::vector<SchemaColumn> columns_;
  std::map<std::string, std::size_t> index_;  // by name in lower case
  std::vector<Row> rows_;
};

class ReferenceDecoder {
 public:
  ReferenceDecoder(const MsgpackOptions& options, const SchemaSource& schemas)
      : options_(options), schemas_(schemas) {}

  DecodedBody Decode(const Box& body) {
    const auto* const items = body.As<Array>();
    if (items != nullptr) {
      DecodeItems(*items);
    } else if (const auto* const batch = FindBatch(body)) {
      const auto* const batch_items = batch->As<Array>();
      if (batch_items == nullptr) {
        Reject();
      } else {
        DecodeItems(*batch_items);
      }
    } else {
      DecodeItem(body);
    }
    for (const auto& [name, table] : tables_) {
      if (table.has_rows()) decoded_.measurements.push_back(table.Finish(name));
    }
    return std::move(decoded_);
  }

 private:
  static const Box* FindBatch(const Box& body) {
    bool is_twice = false;
    const auto* const batch = Find(*body.As<Map>(), "batch", is_twice);
    return IsWellFormed(*body.As<Map>()) ? batch : nullptr;
  }

  void DecodeItems(const Array& items) {
    for (const auto& item : items) {
      DecodeItem(item);
      item_++;
    }
  }

  void Reject() { decoded_.rejections.Add(item_, fmt::format("item {}: ", item_)); }
  void RejectRow(std::size_t row) {
    decoded_.rejections.Add(item_, fmt::format("item {}, row {}: ", item_, row));
  }

  // The keys we know come once, and what they hold has the right shape.
  static bool IsWellFormed(const Map& item) {
    bool is_twice = false;
    for (const auto* key : {"m", "t", "batch"}) Find(item, key, is_twice);
    const Box* const columns = Find(item, "columns", is_twice);
    const Box* const host = Find(item, "h", is_twice);
    const Box* const fields = Find(item, "fields", is_twice);
    const Box* const compact = Find(item, "f", is_twice);
    const Box* const tags = Find(item, "tags", is_twice);
    if (is_twice) return false;
    if (host != nullptr && !host->As<Nil>() && !host->As<std::int64_t>() &&
        !host->As<std::uint64_t>() && TypeOf(*host) != ColumnType::kString) {
      return false;
    }
    if (compact != nullptr) {
      const auto* const array = compact->As<Array>();
      if (array == nullptr || array->size() > kColumnsMaxHere) return false;
    }
    return (columns == nullptr || IsColumns(*columns)) &&
           (fields == nullptr || (HasNames(*fields) && !HasTime(*fields))) &&
           (tags == nullptr || (HasNames(*tags) && !HasTime(*tags)));
  }

  static bool HasNames(const Box& box) {
    const auto* const map = box.As<Map>();
    if (map == nullptr || map->size() > kColumnsMaxHere) return false;
    return std::ranges::all_of(*map, [](const Entry& entry) {
      const auto* const name = entry.key.As<std::string>();
      return name != nullptr && !name->empty() && IsUtf8(*name);
    });
  }

  static bool HasTime(const Box& box) {
    return std::ranges::any_of(*box.As<Map>(), [](const Entry& entry) {
      return ToLower(*entry.key.As<std::string>()) == "time";
    });
  }

  static bool IsColumns(const Box& box) {
    if (!HasNames(box)) return false;
    std::set<std::size_t> sizes;
    int times = 0;
    for (const auto& [name, values] : *box.As<Map>()) {
      const auto* const array = values.As<Array>();
      if (array == nullptr) return false;
      sizes.insert(array->size());
      if (ToLower(*name.As<std::string>()) == "time") times++;
    }
    return sizes.size() <= 1 && times <= 1;
  }

  static std::optional<std::string> MeasurementOf(const Map& item) {
    bool is_twice = false;
    const auto* const box = Find(item, "m", is_twice);
    if (box == nullptr) return std::nullopt;
    std::string name;
    if (const auto* const text = box->As<std::string>()) name = *text;
    if (const auto* const n = box->As<std::int64_t>()) name = fmt::format("measurement_{}", *n);
    if (const auto* const n = box->As<std::uint64_t>()) name = fmt::format("measurement_{}", *n);
    if (!IsMeasurementName(name)) return std::nullopt;
    return name;
  }

  Table& TableOf(const std::string& name) {
    return tables_.try_emplace(name, schemas_.Find(name)).first->second;
  }

  void DecodeItem(const Box& box) {
    const auto* const item = box.As<Map>();
    if (item == nullptr || !IsWellFormed(*item)) return Reject();
    const auto name = MeasurementOf(*item);
    if (!name) return Reject();
    bool has_row_parts = false;
    bool is_twice = false;
    for (const auto* key : {"t", "h", "fields", "f", "tags"}) {
      has_row_parts = has_row_parts || Find(*item, key, is_twice) != nullptr;
    }
    const auto* const columns = Find(*item, "columns", is_twice);
    if (columns != nullptr && has_row_parts) return Reject();
    if (columns != nullptr) {
      DecodeColumns(*columns->As<Map>(), *name);
    } else {
      DecodeRow(*item, *name);
    }
  }

  static std::vector<NamedBox> CellsOf(const Map& item) {
    bool is_twice = false;
    std::vector<NamedBox> cells;
    if (const auto* const host = Find(item, "h", is_twice)) {
      Box box = *host;
      if (const auto* const n = host->As<std::int64_t>()) box = {fmt::format("host_{}", *n)};
      if (const auto* const n = host->As<std::uint64_t>()) box = {fmt::format("host_{}", *n)};
      if (!box.As<Nil>()) cells.push_back({"host", box, true});
    }
    if (const auto* const tags = Find(item, "tags", is_twice)) {
      for (const auto& [name, box] : *tags->As<Map>()) {
        if (!box.As<Nil>()) cells.push_back({*name.As<std::string>(), box, true});
      }
    }
    return cells;
  }

  void DecodeRow(const Map& item, const std::string& name) {
    bool is_twice = false;
    auto cells = CellsOf(item);
    const auto tag_count = cells.size();
    // Fields stand in the order in which "fields" and "f" come.
    for (const auto& [key, value] : item) {
      const auto* const part = key.As<std::string>();
      if (part == nullptr) continue;
      if (*part == "fields") {
        for (const auto& [field, box] : *value.As<Map>()) {
          cells.push_back({*field.As<std::string>(), box, false});
        }
      } else if (*part == "f") {
        const auto& array = *value.As<Array>();
        for (std::size_t i = 0; i < array.size(); i++) {
          cells.push_back({fmt::format("field_{}", i), array[i], false});
        }
      }
    }
    auto time = std::optional(options_.now_micros);
    const auto* const t = Find(item, "t", is_twice);
    if (t != nullptr) time = Believed(Micros(*t, UnitOf(*t)));
    if (cells.size() == tag_count || !time) return Reject();
    if (!TableOf(name).AddRow(std::move(cells), *time, item_)) Reject();
  }

  void DecodeColumns(const Map& columns, const std::string& name) {
    const Array* times = nullptr;
    std::vector<std::pair<std::string, const Array*>> fields;
    std::size_t row_count = 0;
    for (const auto& [key, values] : columns) {
      const auto& column = *key.As<std::string>();
      row_count = values.As<Array>()->size();
      if (ToLower(column) == "time") {
        times = values.As<Array>();
      } else {
        fields.emplace_back(column, values.As<Array>());
      }
    }
    if (row_count == 0) return;
    auto& table = TableOf(name);
    if (fields.empty() || !CanHaveColumns(table, fields)) return Reject();
    Unit unit;
    for (std::size_t i = 0; times != nullptr && i < row_count; i++) {
      if (!AsNumber((*times)[i])) continue;
      unit = UnitOf((*times)[i]);
      break;
    }
    for (std::size_t i = 0; i < row_count; i++) {
      std::vector<NamedBox> cells;
      for (const auto& [column, values] : fields) cells.push_back({column, (*values)[i], false});
      const auto time =
          times ? Believed(Micros((*times)[i], unit)) : std::optional(options_.now_micros);
      if (!time || !table.AddRow(std::move(cells), *time, item_)) RejectRow(i);
    }
  }

  std::optional<std::int64_t> Believed(std::optional<std::int64_t> time) const {
    if (time && (*time < options_.times.min_micros || *time > options_.times.max_micros)) return {};
    return time;
  }

  static bool CanHaveColumns(const Table& table,
                             const std::vector<std::pair<std::string, const Array*>>& fields) {
    std::set<std::string> names;
    std::size_t new_count = 0;
    for (const auto& [name, values] : fields) {
      if (!names.insert(ToLower(name)).second) return false;
      if (table.Find(name) == table.column_count()) new_count++;
    }
    return table.column_count() + new_count <= kColumnsMaxHere;
  }

  const MsgpackOptions& options_;
  const SchemaSource& schemas_;
  DecodedBody decoded_;
  std::map<std::string, Table> tables_;
  std::uint32_t item_ = 0;
};

}  // namespace

Result<DecodedBody> DecodeMsgpackSlowly(std::string_view body, const MsgpackOptions& options,
                                        const SchemaSource& schemas) {
  BoxParser parser(body);
  const auto box = parser.Parse(0);
  const bool is_container = box.As<Map>() != nullptr || box.As<Array>() != nullptr;
  if (parser.failed || !parser.at_end() || !is_container) {
    return Error{ErrorCode::kInvalidInput, "Invalid MessagePack payload"};
  }
  return ReferenceDecoder(options, schemas).Decode(box);
}

std::string DescribeForComparison(const DecodedBody& body) {
  std::map<std::string, std::string> by_name;
  for (const auto& measurement : body.measurements) {
    auto& text = by_name[measurement.measurement];
    const auto& batch = measurement.batch;
    text += fmt::format("{}: time in [{}, {}]\n", measurement.measurement, batch.min_time,
                        batch.max_time);
    for (const auto& column : batch.columns) {
      text += fmt::format("  {} {} {}\n", column.role == ColumnRole::kTag ? "tag" : "field",
                          ToString(column.type()), column.name);
    }
    for (std::size_t row = 0; row < batch.row_count(); row++) {
      text += fmt::format("  item {} at {}:", measurement.lines[row], batch.times[row]);
      for (const auto& column : batch.columns) text += " " + ValueText(column, row);
      text += "\n";
    }
  }
  std::string all;
  for (const auto& [name, text] : by_name) all += text;
  all += fmt::format("{} rejected\n", body.rejections.count);
  for (const auto& rejection : body.rejections.first) {
    const auto where = rejection.message.substr(0, rejection.message.find(": "));
    all += fmt::format("  {} {}\n", rejection.line, where);
  }
  return all;
}

std::string FindDisagreement(std::string_view body, const MsgpackOptions& options,
                             const SchemaSource& schemas, MsgpackDecoder& decoder) {
  const auto fast = decoder.Decode(body, options, schemas);
  const auto slow = DecodeMsgpackSlowly(body, options, schemas);
  if (fast.ok() != slow.ok()) {
    return fast.ok() ? "only the decoder accepts the body" : "only the twin accepts the body";
  }
  if (!fast.ok()) {
    const bool is_same_code = fast.error().code == slow.error().code;
    return is_same_code ? "" : "the decoder fails with another code: " + fast.error().message;
  }
  for (const auto& measurement : fast.value().measurements) {
    const auto& batch = measurement.batch;
    const auto broken = FindBrokenRule(batch);
    if (!broken.empty()) return "a broken rule: " + broken;
    if (batch.row_count() == 0) return "a measurement without rows";
    if (measurement.lines.size() != batch.row_count()) return "not one item a row";
  }
  for (const auto& rejection : fast.value().rejections.first) {
    if (!IsUtf8(rejection.message)) return "a message that is not UTF-8";
  }
  const auto fast_text = DescribeForComparison(fast.value());
  const auto slow_text = DescribeForComparison(slow.value());
  if (fast_text == slow_text) return "";
  return "the decoder says\n" + fast_text + "and the twin\n" + slow_text;
}

}  // namespace arc::ingest
