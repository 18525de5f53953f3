#include "query/engine/scan/buffer_reader.h"

#include <algorithm>

namespace arc::engine {

using duckdb::idx_t;

namespace {

duckdb::MultiFileLocalIndex LocalIndex(idx_t projected) {
  return duckdb::MultiFileLocalIndex(projected);
}

}  // namespace

duckdb::vector<duckdb::MultiFileColumnDefinition> ColumnsOf(const RowSchema& schema) {
  duckdb::vector<duckdb::MultiFileColumnDefinition> columns;
  columns.emplace_back("time", duckdb::LogicalType::TIMESTAMP_TZ);
  for (const auto& column : schema.columns()) {
    columns.emplace_back(column.name, SqlTypeOf(column.type));
  }
  return columns;
}

BufferReader::BufferReader(duckdb::OpenFileInfo file_info, const TableView& table,
                           const BufferGroup& group)
    : BaseFileReader(std::move(file_info)), table_(table), group_(group) {
  columns = ColumnsOf(table.schema());
}

bool BufferReader::TryInitializeScan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                                     duckdb::LocalTableFunctionState&) {
  return !is_claimed_.exchange(true);
}

void BufferReader::PrepareScan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState&,
                               duckdb::LocalTableFunctionState&) {
  if (!filters) return;
  for (const auto& [index, filter] : filters->filters) {
    filter_states_.push_back(duckdb::TableFilterState::Initialize(context, *filter));
  }
}

duckdb::AsyncResult BufferReader::Scan(duckdb::ClientContext&, duckdb::GlobalTableFunctionState&,
                                       duckdb::LocalTableFunctionState&, duckdb::DataChunk& chunk) {
  if (slice_ == group_.slices.size()) return duckdb::SourceResultType::FINISHED;
  if (rows_read_ == 0) OpenSlice();
  const auto& slice = group_.slices[slice_];
  const auto row = slice.row_begin + rows_read_;
  const auto count = std::min<idx_t>(STANDARD_VECTOR_SIZE, slice.row_end - row);
  chunk.SetCardinality(count);
  for (idx_t i = 0; i < column_ids.size(); i++) {
    if (IsRowNumber(i)) {
      FillRowNumbers(count, chunk.data[i]);
    } else {
      slice_columns_[i].Fill(row, count, chunk.data[i]);
    }
  }
  group_rows_read_ += count;
  rows_read_ += count;
  if (row + count == slice.row_end) {
    slice_++;
    rows_read_ = 0;
  }
  ApplyFilters(chunk, count);
  return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

void BufferReader::OpenSlice() {
  const auto& slice = group_.slices[slice_];
  slice_columns_.clear();
  for (idx_t i = 0; i < column_ids.size(); i++) {
    const auto id = column_ids[LocalIndex(i)].GetId();
    if (id == 0 || IsRowNumber(i)) {  // for a row number the entry is not used
      slice_columns_.push_back(SliceColumn::Time(*slice.batch));
    } else {
      slice_columns_.push_back(SliceColumn::Find(slice, table_.schema().columns()[id - 1]));
    }
  }
}

bool BufferReader::IsRowNumber(idx_t projected) {
  return column_ids[LocalIndex(projected)].GetId() > table_.schema().columns().size();
}

void BufferReader::FillRowNumbers(idx_t count, duckdb::Vector& result) const {
  auto* numbers = duckdb::FlatVector::GetData<std::int64_t>(result);
  for (idx_t i = 0; i < count; i++) numbers[i] = static_cast<std::int64_t>(group_rows_read_ + i);
}

// By filter_pushdown the scan has promised to apply these filters itself.
void BufferReader::ApplyFilters(duckdb::DataChunk& chunk, idx_t count) {
  if (!filters) return;
  duckdb::SelectionVector selection;
  idx_t passed = count;
  std::size_t state = 0;
  for (const auto& [index, filter] : filters->filters) {
    auto& filter_state = *filter_states_[state++];
    if (passed == 0) break;
    duckdb::UnifiedVectorFormat format;
    chunk.data[index].ToUnifiedFormat(count, format);
    duckdb::ColumnSegment::FilterSelection(selection, chunk.data[index], format, *filter,
                                           filter_state, count, passed);
  }
  if (passed < count) chunk.Slice(selection, passed);
}

}  // namespace arc::engine
