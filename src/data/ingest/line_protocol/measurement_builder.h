// Builds the rows of one measurement and decides what fits: names, duplicates, types.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/ingest/line_protocol/cell_value.h"
#include "data/ingest/line_protocol/column_builder.h"
#include "data/ingest/line_protocol/short_text.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::ingest::line_protocol {

// One row at a time: BeginRow; AddTag and AddField for its cells, tags first; then CommitRow or
// AbandonRow. A row that is abandoned leaves nothing behind: no column, no type. Its cells are only
// noted until CommitRow appends them, so AbandonRow has nothing to undo but the new columns.
//
// Names that differ only in case are one column; the schema's spelling wins, else the first. The
// same column twice in one row is refused, with one exception: a field with the name of a tag of
// the same row is stored as `<name>_value`.
class MeasurementBuilder {
 public:
  struct Cell {
    ColumnBuilder* column;
    CellValue value;
  };

  // `schema` may be null: a measurement that does not exist yet.
  MeasurementBuilder(std::string name, std::shared_ptr<const RowSchema> schema)
      : name_(std::move(name)), schema_(std::move(schema)) {}

  MeasurementBuilder(const MeasurementBuilder&) = delete;
  MeasurementBuilder& operator=(const MeasurementBuilder&) = delete;

  const std::string& name() const { return name_; }
  std::size_t row_count() const { return times_.size(); }

  void BeginRow();

  // Add the cell to the row; its text must live until CommitRow. If the cell cannot be stored they
  // return why, and the row can only be abandoned.
  std::optional<Refusal> AddTag(std::string_view key, const CellValue& value);
  std::optional<Refusal> AddField(std::string_view key, const CellValue& value);

  // Adds a cell for a column that an earlier row's cells() named, at most once in a row. The caller
  // fills it, before the next call, with a value that the column accepts.
  CellValue& AddCell(ColumnBuilder* column) { return row_.emplace_back(Cell{column, {}}).value; }

  // The cells of the row, in the order in which they were added; still there after CommitRow.
  const std::vector<Cell>& cells() const { return row_; }

  // How many NULLs the batch gains when the row is committed: in the row for columns that it does
  // not have, and in the earlier rows for columns that are new.
  std::uint64_t NullsGained() const;

  void CommitRow(std::int64_t time, std::uint32_t line);
  void AbandonRow();

  // The finished batch. The builder can only be destroyed afterwards. Requires: at least one row.
  DecodedMeasurement Take();

 private:
  struct ColumnState {
    ColumnState(std::string name, ColumnType type) : builder(std::move(name), type) {}
    ColumnBuilder builder;
    std::uint64_t last_row = 0;  // number of the last row, good or bad, with a cell in this column
    bool was_tag = false;        // in that row
  };

  ColumnState* FindColumn(std::string_view key);
  ColumnState& FindOrAddColumn(std::string_view key);
  std::optional<Refusal> AddTo(ColumnState& column, const CellValue& value);

  // The most that ingest.max_columns can be set to. More columns would be refused later anyway, so
  // they are refused before they cost memory.
  static constexpr std::size_t kColumnsMax = 100'000;
  // Up to so many columns are searched by comparing each one: that is quicker than a hash, and a
  // body of many measurements needs no hash table for each of them.
  static constexpr std::size_t kComparedMax = 8;

  std::string name_;  // constant until Take
  const std::shared_ptr<const RowSchema> schema_;

  // Columns that the row in progress has added are last.
  std::vector<std::unique_ptr<ColumnState>> columns_;
  // Every one of columns_ when there are more than kComparedMax; before that it may be incomplete.
  std::unordered_map<std::string_view, ColumnState*, TextHashIgnoringCase, TextEqualIgnoringCase>
      column_by_name_;

  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> lines_;

  // The row in progress.
  std::uint64_t row_number_ = 0;  // counts BeginRow
  std::size_t columns_before_row_ = 0;
  std::vector<Cell> row_;
};

}  // namespace arc::ingest::line_protocol
