// Reads a group of buffered slices as if it were a file with all columns of the measurement:
// columns that a slice does not have are NULL, integers for a double column are converted here. So
// DuckDB never has to map types for rows in memory.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/slice_vectors.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

// Names and SQL types of a measurement's columns, `time` first.
duckdb::vector<duckdb::MultiFileColumnDefinition> ColumnsOf(const RowSchema& schema);

// One thread scans one group (TryInitializeScan says yes only once), so the state of the scan is
// kept here.
// Lifetime: `table` outlives the reader (the query's pin holds it).
class BufferReader : public duckdb::BaseFileReader {
 public:
  BufferReader(duckdb::OpenFileInfo file, const TableView& table, const BufferGroup& group);

  std::string GetReaderType() const override { return "Buffer"; }
  // The only virtual column is the row's number in the group, for late materialization. DuckDB
  // appends it to `columns`.
  void AddVirtualColumn(duckdb::column_t) override {}

  bool TryInitializeScan(duckdb::ClientContext& context,
                         duckdb::GlobalTableFunctionState& global_state,
                         duckdb::LocalTableFunctionState& local_state) override;
  void PrepareScan(duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& global_state,
                   duckdb::LocalTableFunctionState& local_state) override;
  duckdb::AsyncResult Scan(duckdb::ClientContext& context,
                           duckdb::GlobalTableFunctionState& global_state,
                           duckdb::LocalTableFunctionState& local_state,
                           duckdb::DataChunk& chunk) override;

 private:
  bool IsRowNumber(duckdb::idx_t projected);
  void OpenSlice();
  void FillRowNumbers(duckdb::idx_t count, duckdb::Vector& result) const;
  void ApplyFilters(duckdb::DataChunk& chunk, duckdb::idx_t count);

  const TableView& table_;
  const BufferGroup& group_;
  std::atomic<bool> is_claimed_{false};
  std::size_t slice_ = 0;      // being read
  std::size_t rows_read_ = 0;  // of that slice
  std::uint64_t group_rows_read_ = 0;
  std::vector<SliceColumn> slice_columns_;  // of that slice, one for each projected column
  std::vector<duckdb::unique_ptr<duckdb::TableFilterState>> filter_states_;
};

}  // namespace arc::engine
