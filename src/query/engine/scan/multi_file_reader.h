// DuckDB's MultiFileReader over the entries of one measurement: DuckDB's own reader reads Parquet
// files, BufferReader reads groups of buffered rows, and both return the columns of the
// measurement's schema.
//
// DuckDB's own MultiFileReader reads the first file to learn the columns. Ours knows them from the
// snapshot: Bind takes them from the schema, and CreateMapping maps each file's columns to them by
// name; a column that a file does not have is NULL.
//
// DuckDB also moves the filters of the scan to each file, so that it can skip row groups. It does
// that wrongly in some cases (see SafeFilter), so CreateMapping first replaces a filter that would
// give wrong answers on this file by one that is slower and right, or leaves it out when it is only
// an optimization.

#pragma once

#include <memory>
#include <string>

#include "foundation/base/metrics.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

class QueryView;

// What a scan knows about its measurement; DuckDB keeps it in TableFunction::function_info.
struct ScanInfo : duckdb::TableFunctionInfo {
  duckdb::shared_ptr<QueryView> query_view;  // keeps `entry` and the buffers alive
  std::shared_ptr<const TableView> table;
  duckdb::optional_ptr<duckdb::TableCatalogEntry> entry;
  std::string file_prefix;
  duckdb::optional_ptr<Counter> files_opened;
};

class SnapshotReader : public duckdb::MultiFileReader {
 public:
  explicit SnapshotReader(duckdb::shared_ptr<ScanInfo> info) : info_(std::move(info)) {}
  static duckdb::unique_ptr<duckdb::MultiFileReader> Make(const duckdb::TableFunction& function);

  const ScanInfo& info() const { return *info_; }

  duckdb::unique_ptr<duckdb::MultiFileReader> Copy() const override;
  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(
      duckdb::ClientContext& context, const duckdb::vector<std::string>& paths,
      const duckdb::FileGlobInput& glob_input) override;
  bool Bind(duckdb::MultiFileOptions& options, duckdb::MultiFileList& files,
            duckdb::vector<duckdb::LogicalType>& return_types, duckdb::vector<std::string>& names,
            duckdb::MultiFileReaderBindData& bind_data) override;
  duckdb::shared_ptr<duckdb::BaseFileReader> CreateReader(
      duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& global_state,
      const duckdb::OpenFileInfo& file, duckdb::idx_t file_index,
      const duckdb::MultiFileBindData& bind_data) override;
  duckdb::ReaderInitializeType InitializeReader(
      duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& table_columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::ClientContext& context,
      duckdb::MultiFileGlobalState& global_state) override;
  duckdb::ReaderInitializeType CreateMapping(
      duckdb::ClientContext& context, duckdb::MultiFileReaderData& reader_data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& table_columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::MultiFileList& files,
      const duckdb::MultiFileReaderBindData& bind_data,
      const duckdb::virtual_column_map_t& virtual_columns) override;

 private:
  const duckdb::shared_ptr<ScanInfo> info_;
};

}  // namespace arc::engine
