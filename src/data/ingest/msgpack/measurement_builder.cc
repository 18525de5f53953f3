#include "data/ingest/msgpack/measurement_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "data/ingest/msgpack/shown.h"
#include "foundation/model/names.h"

namespace arc::ingest::msgpack {
namespace {

constexpr std::size_t kNumberTextBytesMax = 32;  // the longest double takes 24
using NumberText = std::array<char, kNumberTextBytesMax>;

// The value of a tag as text, in `buffer` unless it is a string already. Floats get their shortest
// form.
std::string_view TagText(const Value& value, NumberText& buffer) {
  const auto format = [&](const auto& number) {
    const auto end = fmt::format_to(buffer.data(), "{}", number);
    return std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  };
  switch (value.kind) {
    case Kind::kBool:
      return value.boolean ? "true" : "false";
    case Kind::kInteger:
      return format(value.integer);
    case Kind::kHugeInteger:
      return format(value.huge_integer);
    case Kind::kFloat:
      return format(value.number);
    default:
      return value.bytes;
  }
}

// The kind of value that a cell stores in its column; numbers in tags are stored as text.
Kind StoredKind(const Cell& cell) {
  switch (cell.value.kind) {
    case Kind::kBool:
    case Kind::kInteger:
    case Kind::kHugeInteger:
    case Kind::kFloat:
      return cell.is_tag ? Kind::kString : cell.value.kind;
    default:
      return cell.value.kind;
  }
}

void AppendCell(const Cell& cell, ColumnBuilder& column) {
  if (!cell.is_tag) return column.Append(cell.value);
  NumberText buffer;
  Value text;
  text.kind = Kind::kString;
  text.bytes = TagText(cell.value, buffer);
  column.MarkAsTag();
  column.Append(text);
}

}  // namespace

MeasurementBuilder::MeasurementBuilder(std::string name, std::shared_ptr<const RowSchema> schema)
    : name_(std::move(name)), schema_(std::move(schema)) {}

bool MeasurementBuilder::AppendRow(std::span<const Cell> cells, std::int64_t time,
                                   std::uint32_t item) {
  BeginRow();
  if (!OpenColumns(cells) || !CellsFit(cells)) return false;
  for (std::size_t i = 0; i < cells.size(); i++) {
    auto& column = columns_[slots_[i]];
    column.AppendNulls(row_count() - column.size());
    AppendCell(cells[i], column);
  }
  times_.push_back(time);
  items_.push_back(item);
  return true;
}

MeasurementBuilder::Outcome MeasurementBuilder::AppendColumns(std::span<const ArraySlice> columns,
                                                              std::vector<std::int64_t>* times,
                                                              std::uint32_t item) {
  BeginRow();
  if (!OpenColumns(columns)) return Outcome::kRefused;
  bool fits = times != nullptr;
  for (std::size_t i = 0; i < columns.size(); i++) {
    fits = fits && columns_[slots_[i]].Fits(columns[i].kinds);
  }
  if (!fits) {
    DropNewColumns();
    return Outcome::kRowsDiffer;
  }
  for (std::size_t i = 0; i < columns.size(); i++) {
    auto& column = columns_[slots_[i]];
    column.AppendNulls(row_count() - column.size());
    column.AppendArray(columns[i]);
  }
  items_.resize(items_.size() + times->size(), item);
  if (times_.empty()) {
    times_.swap(*times);
  } else {
    times_.insert(times_.end(), times->begin(), times->end());
  }
  return Outcome::kAppended;
}

void MeasurementBuilder::BeginRow() {
  serial_++;
  columns_before_ = columns_.size();
  last_slots_.swap(slots_);
  slots_.clear();
}

bool MeasurementBuilder::OpenColumns(std::span<const Cell> cells) {
  const auto is_tag = [](const Cell& cell) { return cell.is_tag; };
  const auto tag_count = static_cast<std::size_t>(std::ranges::count_if(cells, is_tag));
  for (const auto& cell : cells) {
    if (!(cell.is_tag ? OpenColumn(cell.name) : OpenField(cell.name, tag_count))) return false;
  }
  return true;
}

bool MeasurementBuilder::OpenColumns(std::span<const ArraySlice> columns) {
  for (const auto& column : columns) {
    if (!OpenColumn(column.name)) return false;
  }
  return true;
}

bool MeasurementBuilder::OpenField(std::string_view name, std::size_t tag_count) {
  const auto slot = FindOrAddColumn(name);
  const auto tags_end = slots_.begin() + static_cast<std::ptrdiff_t>(tag_count);
  const bool is_tag_too = slot != kNoColumn && opened_by_[slot] == serial_ &&
                          std::find(slots_.begin(), tags_end, slot) != tags_end;
  return is_tag_too ? OpenColumn(std::string(name) + "_value") : OpenColumn(name);
}

bool MeasurementBuilder::OpenColumn(std::string_view name) {
  const auto slot = FindOrAddColumn(name);
  if (slot == kNoColumn) {
    return Refuse(
        {RefusalKind::kLimit, fmt::format("column {} would be one too many: at most {} are allowed",
                                          Quoted(name), kColumnsMax)});
  }
  if (opened_by_[slot] == serial_) {
    return Refuse({RefusalKind::kUnreadable,
                   fmt::format("two columns named {}, ignoring case", Quoted(name))});
  }
  opened_by_[slot] = serial_;
  slots_.push_back(slot);
  return true;
}

std::size_t MeasurementBuilder::FindOrAddColumn(std::string_view name) {
  const auto position = slots_.size();
  if (position < last_slots_.size()) {
    const auto guess = last_slots_[position];
    if (guess < columns_.size() && columns_[guess].name() == name) return guess;
  }
  auto lower_name = ToLower(name);
  const auto found = index_by_lower_name_.find(lower_name);
  if (found != index_by_lower_name_.end()) return found->second;
  if (columns_.size() == kColumnsMax) return kNoColumn;
  const auto known = schema_ == nullptr ? RowSchema::kNotFound : schema_->IndexOf(name);
  if (known == RowSchema::kNotFound) {
    columns_.emplace_back(std::string(name), ColumnType::kNull);
  } else {
    columns_.emplace_back(schema_->columns()[known].name, schema_->columns()[known].type);
  }
  opened_by_.push_back(0);
  index_by_lower_name_.emplace(std::move(lower_name), columns_.size() - 1);
  return columns_.size() - 1;
}

bool MeasurementBuilder::CellsFit(std::span<const Cell> cells) {
  for (std::size_t i = 0; i < cells.size(); i++) {
    const auto& column = columns_[slots_[i]];
    const auto kind = StoredKind(cells[i]);
    if (column.Fits(kind)) continue;
    const auto held = column.type() == ColumnType::kNull
                          ? std::string()
                          : fmt::format(" of type {}", ToString(column.type()));
    ColumnType offered;
    return Refuse(
        {ColumnTypeOf(kind, offered) ? RefusalKind::kTypeConflict : RefusalKind::kUnreadable,
         fmt::format("column {}{} cannot hold {}", Quoted(column.name()), held, Describe(kind)),
         Shown(cells[i].value)});
  }
  return true;
}

bool MeasurementBuilder::Refuse(Refusal problem) {
  problem_ = std::move(problem);
  problem_.NameMeasurement(name_);
  DropNewColumns();
  return false;
}

void MeasurementBuilder::DropNewColumns() {
  while (columns_.size() > columns_before_) {
    index_by_lower_name_.erase(ToLower(columns_.back().name()));
    columns_.pop_back();
    opened_by_.pop_back();
  }
}

DecodedMeasurement MeasurementBuilder::Finish() {
  DecodedMeasurement measurement{name_, {}, std::move(items_)};
  measurement.batch.columns.reserve(columns_.size());
  for (auto& column : columns_) {
    column.AppendNulls(row_count() - column.size());
    measurement.batch.columns.push_back(column.Finish());
  }
  measurement.batch.times = std::move(times_);
  measurement.batch.SetTimeRange();
  return measurement;
}

}  // namespace arc::ingest::msgpack
