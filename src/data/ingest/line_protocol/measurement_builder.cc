#include "data/ingest/line_protocol/measurement_builder.h"

#include <fmt/format.h>

#include <utility>

#include "foundation/model/names.h"

namespace arc::ingest::line_protocol {
namespace {

Refusal ReservedName(std::string_view kind, std::string_view key) {
  return {RefusalKind::kUnreadable,
          fmt::format("{} {}: the name is reserved for the time of the row", kind, Quoted(key))};
}

std::string ValueOf(const CellValue& value) {
  switch (value.kind) {
    case CellValue::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case CellValue::Kind::kInteger:
      return fmt::format("{}i", value.integer);
    case CellValue::Kind::kDouble:
      return fmt::format("{}", value.real);
    case CellValue::Kind::kString:
    case CellValue::Kind::kTag:
      return Quoted(value.text);
  }
  __builtin_unreachable();
}

bool IsReserved(std::string_view key) { return key.size() == 4 && EqualIgnoringCase(key, "time"); }

}  // namespace

void MeasurementBuilder::BeginRow() {
  row_number_++;
  columns_before_row_ = columns_.size();
  row_.clear();
}

std::optional<Refusal> MeasurementBuilder::AddTag(std::string_view key, const CellValue& value) {
  if (IsReserved(key)) return ReservedName("tag", key);
  auto& column = FindOrAddColumn(key);
  auto reason = AddTo(column, value);
  column.was_tag = true;
  return reason;
}

std::optional<Refusal> MeasurementBuilder::AddField(std::string_view key, const CellValue& value) {
  if (IsReserved(key)) return ReservedName("field", key);
  auto* column = FindColumn(key);
  if (column != nullptr && column->last_row == row_number_ && column->was_tag) {
    column = &FindOrAddColumn(std::string(key) + "_value");
  } else if (column == nullptr) {
    column = &FindOrAddColumn(key);
  }
  auto reason = AddTo(*column, value);
  if (!reason) column->was_tag = false;
  return reason;
}

MeasurementBuilder::ColumnState* MeasurementBuilder::FindColumn(std::string_view key) {
  if (columns_.size() > kComparedMax) {
    const auto found = column_by_name_.find(key);
    return found == column_by_name_.end() ? nullptr : found->second;
  }
  for (const auto& column : columns_) {
    if (EqualIgnoringCase(column->builder.name(), key)) return column.get();
  }
  return nullptr;
}

MeasurementBuilder::ColumnState& MeasurementBuilder::FindOrAddColumn(std::string_view key) {
  if (auto* column = FindColumn(key)) return *column;
  const auto in_schema = schema_ ? schema_->IndexOf(key) : RowSchema::kNotFound;
  if (in_schema == RowSchema::kNotFound) {
    columns_.push_back(std::make_unique<ColumnState>(std::string(key), ColumnType::kNull));
  } else {
    const auto& known = schema_->columns()[in_schema];
    columns_.push_back(std::make_unique<ColumnState>(known.name, known.type));
  }
  if (columns_.size() > kComparedMax) {
    for (auto i = column_by_name_.size(); i < columns_.size(); i++) {
      column_by_name_.emplace(columns_[i]->builder.name(), columns_[i].get());
    }
  }
  return *columns_.back();
}

std::optional<Refusal> MeasurementBuilder::AddTo(ColumnState& column, const CellValue& value) {
  if (columns_.size() > kColumnsMax) {
    return Refusal(
        RefusalKind::kLimit,
        fmt::format("the lines of the measurement have more than {} columns", kColumnsMax));
  }
  auto& builder = column.builder;
  if (column.last_row == row_number_) {
    return Refusal(RefusalKind::kUnreadable,
                   fmt::format("column {} comes twice in one line", Quoted(builder.name())));
  }
  column.last_row = row_number_;
  if (!builder.Accepts(value.type())) {
    return Refusal(RefusalKind::kTypeConflict,
                   fmt::format("column {}: holds {}, the line offers {}", Quoted(builder.name()),
                               ToString(builder.type()), ToString(value.type())),
                   ValueOf(value));
  }
  AddCell(&builder) = value;
  return std::nullopt;
}

std::uint64_t MeasurementBuilder::NullsGained() const {
  const auto new_columns = columns_.size() - columns_before_row_;
  return (columns_.size() - row_.size()) + new_columns * row_count();
}

void MeasurementBuilder::CommitRow(std::int64_t time, std::uint32_t line) {
  const auto row = row_count();
  for (const auto& cell : row_) cell.column->Append(row, cell.value);
  times_.push_back(time);
  lines_.push_back(line);
}

void MeasurementBuilder::AbandonRow() {
  while (columns_.size() > columns_before_row_) {
    column_by_name_.erase(columns_.back()->builder.name());
    columns_.pop_back();
  }
}

DecodedMeasurement MeasurementBuilder::Take() {
  DecodedMeasurement decoded;
  decoded.measurement = std::move(name_);
  decoded.batch.columns.reserve(columns_.size());
  const auto rows = row_count();
  for (auto& column : columns_) decoded.batch.columns.push_back(column->builder.Take(rows));
  decoded.batch.times = std::move(times_);
  decoded.batch.SetTimeRange();
  decoded.lines = std::move(lines_);
  return decoded;
}

}  // namespace arc::ingest::line_protocol
