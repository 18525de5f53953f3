// The table function behind every measurement: DuckDB's own parquet_scan with some callbacks
// replaced, so that count(*), min(time) and max(time) come from the snapshot, plans show no paths,
// and SnapshotFileList chooses the files.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/multi_file_reader.h"

namespace arc::engine {

// The first column of every measurement.
inline constexpr duckdb::idx_t kTimeColumn = 0;

// Registers the function in DuckDB's system catalog and returns it. SQL cannot call it directly: it
// needs a ScanInfo.
duckdb::TableFunction RegisterScanFunction(duckdb::DatabaseInstance& database,
                                           duckdb::ClientContext& context);

// Binds `function` to one measurement: what TableCatalogEntry::GetScanFunction returns.
duckdb::TableFunction BindScan(duckdb::ClientContext& context, duckdb::TableFunction function,
                               duckdb::shared_ptr<ScanInfo> info,
                               duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

bool IsMeasurementScan(const duckdb::LogicalGet& scan);

// The rows of the files and buffers that the scan must read; 0 for scans of other functions.
std::uint64_t RowsToScan(const duckdb::LogicalGet& scan);

}  // namespace arc::engine
