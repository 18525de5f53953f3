#include "foundation/model/column_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/model/names.h"

namespace arc {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::size_t WordCount(std::size_t row_count) { return (row_count + 63) / 64; }

bool Bit(const std::vector<std::uint64_t>& words, std::size_t i) {
  return (words[i / 64] >> (i % 64)) & 1;
}
void SetBit(std::vector<std::uint64_t>& words, std::size_t i) {
  words[i / 64] |= std::uint64_t{1} << (i % 64);
}

std::size_t RowCount(const Column::Values& values, std::size_t if_none) {
  return std::visit(Overloaded{[&](const std::monostate&) { return if_none; },
                               [](const DictionaryValues& v) { return v.codes.size(); },
                               [](const auto& v) { return v.size(); }},
                    values);
}

std::size_t Bytes(const StringValues& values) {
  return values.offsets.size() * sizeof(std::uint32_t) + values.bytes.size();
}

std::string FindBrokenRule(const Column& column, std::size_t row_count) {
  const auto broken = [&](const char* rule) { return "column " + column.name + ": " + rule; };
  if (RowCount(column.values, row_count) != row_count) return broken("not one value a row");
  const bool may_have_validity = !std::holds_alternative<std::monostate>(column.values) &&
                                 !std::holds_alternative<DictionaryValues>(column.values);
  if (!column.validity.empty()) {
    if (!may_have_validity) return broken("has a validity mask and must not");
    if (column.validity.size() != WordCount(row_count)) return broken("validity mask too short");
    if (row_count % 64 != 0 && column.validity.back() >> (row_count % 64) != 0) {
      return broken("validity bits past the last row");
    }
  }
  if (const auto* coded = std::get_if<DictionaryValues>(&column.values)) {
    const auto& words = coded->dictionary;
    if (words.size() == 0 || !words[0].empty()) return broken("dictionary lacks the NULL word");
    for (const auto code : coded->codes) {
      if (code >= words.size()) return broken("code outside the dictionary");
    }
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 1; i < words.size(); i++) {
      if (!seen.insert(words[i]).second) return broken("dictionary word twice");
    }
  }
  return "";
}

// Appends rows of columns of one name to `target`, which has the joined type.
class ColumnJoiner {
 public:
  ColumnJoiner(Column& target, std::size_t rows_total) : target_(target), rows_(rows_total) {
    std::visit(Overloaded{[](std::monostate&) {}, [](StringValues&) {},
                          [&](DictionaryValues& v) { v.codes.reserve(rows_total); },
                          [&](auto& v) { v.reserve(rows_total); }},
               target_.values);
  }

  void AppendNulls(std::size_t count) {
    if (count == 0) return;
    if (NeedsValidity() && target_.validity.empty()) MarkAllSoFarValid();
    std::visit(Overloaded{[](std::monostate&) {},
                          [&](StringValues& v) {
                            v.offsets.resize(v.offsets.size() + count, v.offsets.back());
                          },
                          [&](DictionaryValues& v) { v.codes.resize(v.codes.size() + count, 0); },
                          [&](auto& v) { v.resize(v.size() + count); }},
               target_.values);
    filled_ += count;
  }

  void Append(const Column& source, std::size_t count) {
    if (std::holds_alternative<std::monostate>(source.values)) return AppendNulls(count);
    const bool has_nulls =
        source.type() == ColumnType::kString ? HasNulls(source, count) : !source.validity.empty();
    if (NeedsValidity() && (has_nulls || !target_.validity.empty())) {
      if (target_.validity.empty()) MarkAllSoFarValid();
      for (std::size_t i = 0; i < count; i++) {
        if (source.IsValid(i)) SetBit(target_.validity, filled_ + i);
      }
    }
    std::visit(Overloaded{[](std::monostate&) {},
                          [&](std::vector<double>& v) { AppendDoubles(source, v); },
                          [&](StringValues& v) { AppendStrings(source, count, v); },
                          [&](DictionaryValues& v) { AppendCodes(source, v); },
                          [&](auto& v) {
                            const auto& from = std::get<std::decay_t<decltype(v)>>(source.values);
                            v.insert(v.end(), from.begin(), from.end());
                          }},
               target_.values);
    filled_ += count;
  }

 private:
  bool NeedsValidity() const {
    return !std::holds_alternative<std::monostate>(target_.values) &&
           !std::holds_alternative<DictionaryValues>(target_.values);
  }
  static bool HasNulls(const Column& source, std::size_t count) {
    if (!std::holds_alternative<DictionaryValues>(source.values)) return !source.validity.empty();
    for (std::size_t i = 0; i < count; i++) {
      if (!source.IsValid(i)) return true;
    }
    return false;
  }
  void MarkAllSoFarValid() {
    target_.validity.assign(WordCount(rows_), 0);
    for (std::size_t i = 0; i < filled_; i++) SetBit(target_.validity, i);
  }
  static void AppendDoubles(const Column& source, std::vector<double>& target) {
    if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&source.values)) {
      for (const auto value : *integers) target.push_back(static_cast<double>(value));
    } else {
      const auto& doubles = std::get<std::vector<double>>(source.values);
      target.insert(target.end(), doubles.begin(), doubles.end());
    }
  }
  static void AppendStrings(const Column& source, std::size_t count, StringValues& target) {
    if (const auto* plain = std::get_if<StringValues>(&source.values)) {
      const auto base = static_cast<std::uint32_t>(target.bytes.size());
      target.bytes += plain->bytes;
      for (std::size_t i = 1; i <= count; i++) target.offsets.push_back(base + plain->offsets[i]);
    } else {
      const auto& coded = std::get<DictionaryValues>(source.values);
      for (const auto code : coded.codes) target.Append(coded.dictionary[code]);
    }
  }
  void AppendCodes(const Column& source, DictionaryValues& target) {
    const auto& coded = std::get<DictionaryValues>(source.values);
    std::vector<std::uint32_t> code_of(coded.dictionary.size(), DictionaryValues::kNullCode);
    for (std::size_t i = 1; i < code_of.size(); i++) {
      const std::string word(coded.dictionary[i]);
      const auto next = static_cast<std::uint32_t>(target.dictionary.size());
      const auto [entry, is_new] = code_of_word_.emplace(word, next);
      if (is_new) target.dictionary.Append(word);
      code_of[i] = entry->second;
    }
    for (const auto code : coded.codes) target.codes.push_back(code_of[code]);
  }

  Column& target_;
  const std::size_t rows_;
  std::size_t filled_ = 0;
  std::unordered_map<std::string, std::uint32_t> code_of_word_;
};

// An empty column for the rows of all `sources` (null pointers: batches without the column).
Column EmptyJoinedColumn(const Column& first, const std::vector<const Column*>& sources) {
  Column joined;
  joined.name = first.name;
  auto type = ColumnType::kNull;
  bool all_coded = true;
  for (const auto* source : sources) {
    if (source == nullptr) continue;
    CHECK(JoinTypes(type, source->type(), type), "batches of one measurement do not join");
    if (source->role == ColumnRole::kTag) joined.role = ColumnRole::kTag;
    if (std::holds_alternative<StringValues>(source->values)) all_coded = false;
  }
  switch (type) {
    case ColumnType::kNull:
      break;
    case ColumnType::kBool:
      joined.values = std::vector<std::uint8_t>();
      break;
    case ColumnType::kInt64:
      joined.values = std::vector<std::int64_t>();
      break;
    case ColumnType::kDouble:
      joined.values = std::vector<double>();
      break;
    case ColumnType::kString:
      if (all_coded) {
        joined.values = DictionaryValues();
      } else {
        joined.values = StringValues();
      }
      break;
  }
  return joined;
}

template <class T>
std::vector<T> SelectValues(const std::vector<T>& values, const std::vector<bool>& keep) {
  std::vector<T> selected;
  for (std::size_t i = 0; i < values.size(); i++) {
    if (keep[i]) selected.push_back(values[i]);
  }
  return selected;
}

Column SelectRows(const Column& column, const std::vector<bool>& keep, std::size_t kept_count) {
  Column selected{column.name, column.role, {}, {}};
  std::visit(
      Overloaded{[](const std::monostate&) {},
                 [&](const StringValues& v) {
                   auto& target = selected.values.emplace<StringValues>();
                   for (std::size_t i = 0; i < v.size(); i++) {
                     if (keep[i]) target.Append(v[i]);
                   }
                 },
                 [&](const DictionaryValues& v) {
                   selected.values = DictionaryValues{SelectValues(v.codes, keep), v.dictionary};
                 },
                 [&](const auto& v) { selected.values = SelectValues(v, keep); }},
      column.values);
  if (!column.validity.empty()) {
    selected.validity.assign(WordCount(kept_count), 0);
    std::size_t row = 0;
    for (std::size_t i = 0; i < keep.size(); i++) {
      if (!keep[i]) continue;
      if (Bit(column.validity, i)) SetBit(selected.validity, row);
      row++;
    }
  }
  return selected;
}

}  // namespace

ColumnType Column::type() const {
  return std::visit(Overloaded{[](const std::monostate&) { return ColumnType::kNull; },
                               [](const std::vector<std::uint8_t>&) { return ColumnType::kBool; },
                               [](const std::vector<std::int64_t>&) { return ColumnType::kInt64; },
                               [](const std::vector<double>&) { return ColumnType::kDouble; },
                               [](const StringValues&) { return ColumnType::kString; },
                               [](const DictionaryValues&) { return ColumnType::kString; }},
                    values);
}

bool Column::IsValid(std::size_t row) const {
  if (std::holds_alternative<std::monostate>(values)) return false;
  if (const auto* coded = std::get_if<DictionaryValues>(&values)) {
    return coded->codes[row] != DictionaryValues::kNullCode;
  }
  return validity.empty() || Bit(validity, row);
}

void ColumnBatch::SetTimeRange() {
  min_time = std::numeric_limits<std::int64_t>::max();
  max_time = std::numeric_limits<std::int64_t>::min();
  for (const auto time : times) {
    min_time = std::min(min_time, time);
    max_time = std::max(max_time, time);
  }
}

RowSchema SchemaOf(const ColumnBatch& batch) {
  std::vector<SchemaColumn> columns;
  for (const auto& column : batch.columns) {
    columns.push_back({column.name, column.type(), column.role});
  }
  return RowSchema(std::move(columns));
}

bool Covers(const RowSchema& schema, const ColumnBatch& batch) {
  for (std::size_t i = 0; i < batch.columns.size(); i++) {
    const auto& column = batch.columns[i];
    // Columns mostly come in the schema's order: look there before looking the name up.
    const bool in_place = i < schema.columns().size() && schema.columns()[i].name == column.name;
    const auto index = in_place ? i : schema.IndexOf(column.name);
    if (index == RowSchema::kNotFound) return false;
    const auto& known = schema.columns()[index];
    ColumnType joined;
    if (known.name != column.name || !JoinTypes(known.type, column.type(), joined)) return false;
    if (joined != known.type) return false;
    if (column.role == ColumnRole::kTag && known.role != ColumnRole::kTag) return false;
  }
  return true;
}

std::size_t MemoryBytes(const ColumnBatch& batch) {
  std::size_t bytes = sizeof(ColumnBatch) + batch.times.size() * sizeof(std::int64_t);
  for (const auto& column : batch.columns) {
    bytes += sizeof(Column) + column.name.size() + column.validity.size() * sizeof(std::uint64_t);
    bytes +=
        std::visit(Overloaded{[](const std::monostate&) { return std::size_t{0}; },
                              [](const StringValues& v) { return Bytes(v); },
                              [](const DictionaryValues& v) {
                                return v.codes.size() * sizeof(std::uint32_t) + Bytes(v.dictionary);
                              },
                              [](const auto& v) { return v.size() * sizeof(v[0]); }},
                   column.values);
  }
  return bytes;
}

std::string FindBrokenRule(const ColumnBatch& batch) {
  std::unordered_set<std::string> names;
  for (const auto& column : batch.columns) {
    if (!names.insert(ToLower(column.name)).second) return "two columns named " + column.name;
    if (ToLower(column.name) == "time") return "a column named time";
    auto broken = FindBrokenRule(column, batch.row_count());
    if (!broken.empty()) return broken;
  }
  for (const auto time : batch.times) {
    if (time < batch.min_time || time > batch.max_time) return "a time outside the time range";
  }
  return "";
}

ColumnBatch SelectRows(const ColumnBatch& batch, const std::vector<bool>& keep) {
  CHECK(keep.size() == batch.row_count(), "a selection of another length than the batch");
  ColumnBatch selected;
  selected.times = SelectValues(batch.times, keep);
  for (const auto& column : batch.columns) {
    selected.columns.push_back(SelectRows(column, keep, selected.row_count()));
  }
  selected.SetTimeRange();
  return selected;
}

std::string ValueText(const Column& column, std::size_t row) {
  if (!column.IsValid(row)) return "null";
  return std::visit(Overloaded{[](const std::monostate&) { return std::string("null"); },
                               [&](const std::vector<std::uint8_t>& v) {
                                 return std::string(v[row] != 0 ? "true" : "false");
                               },
                               [&](const StringValues& v) { return fmt::format("\"{}\"", v[row]); },
                               [&](const DictionaryValues& v) {
                                 return fmt::format("\"{}\"", v.dictionary[v.codes[row]]);
                               },
                               [&](const auto& v) { return fmt::format("{}", v[row]); }},
                    column.values);
}

std::string RowText(std::string_view measurement, const ColumnBatch& batch, std::size_t row,
                    std::size_t bytes_max) {
  std::string text(measurement);
  for (const auto role : {ColumnRole::kTag, ColumnRole::kField}) {
    const char* separator = role == ColumnRole::kTag ? "," : " ";
    for (const auto& column : batch.columns) {
      if (column.role != role || !column.IsValid(row)) continue;
      if (text.size() >= bytes_max) return text.append("...");
      text.append(separator).append(column.name).append("=").append(ValueText(column, row));
      separator = ",";
    }
  }
  return fmt::format("{} {}", text, batch.times[row]);
}

ColumnBatch Concatenate(const std::vector<const ColumnBatch*>& batches) {
  ColumnBatch joined;
  std::size_t row_count = 0;
  std::unordered_map<std::string, std::size_t> index_of;
  std::vector<std::vector<const Column*>> sources;  // of each column, by batch
  for (std::size_t b = 0; b < batches.size(); b++) {
    row_count += batches[b]->row_count();
    for (const auto& column : batches[b]->columns) {
      const auto [entry, is_new] = index_of.emplace(ToLower(column.name), sources.size());
      if (is_new) sources.emplace_back(batches.size(), nullptr);
      sources[entry->second][b] = &column;
    }
  }
  joined.times.reserve(row_count);
  for (const auto* batch : batches) {
    joined.times.insert(joined.times.end(), batch->times.begin(), batch->times.end());
    joined.min_time = std::min(joined.min_time, batch->min_time);
    joined.max_time = std::max(joined.max_time, batch->max_time);
  }
  for (const auto& of_column : sources) {
    const auto first = std::find_if(of_column.begin(), of_column.end(),
                                    [](const Column* column) { return column != nullptr; });
    joined.columns.push_back(EmptyJoinedColumn(**first, of_column));
    ColumnJoiner joiner(joined.columns.back(), row_count);
    for (std::size_t b = 0; b < batches.size(); b++) {
      if (of_column[b] == nullptr) {
        joiner.AppendNulls(batches[b]->row_count());
      } else {
        joiner.Append(*of_column[b], batches[b]->row_count());
      }
    }
  }
  return joined;
}

}  // namespace arc
