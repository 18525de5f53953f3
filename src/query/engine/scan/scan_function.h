// The table function behind every measurement: DuckDB's own parquet_scan with some callbacks
// exchanged, so that count(*), min(time) and max(time) come from the snapshot, plans show no paths,
// and files are chosen by SnapshotFileList.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/multi_file_reader.h"

namespace arc::engine {

// The first column of every measurement.
inline constexpr duckdb::idx_t kTimeColumn = 0;

// Registers the function in DuckDB's system catalog and returns it. Called directly from SQL it
// refuses: it needs a ScanInfo.
duckdb::TableFunction RegisterScanFunction(duckdb::DatabaseInstance& database,
                                           duckdb::ClientContext& context);

// `function` bound to one table: what TableCatalogEntry::GetScanFunction returns.
duckdb::TableFunction BindScan(duckdb::ClientContext& context, duckdb::TableFunction function,
                               duckdb::shared_ptr<ScanInfo> info,
                               duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

bool IsMeasurementScan(const duckdb::LogicalGet& scan);

// The rows of the files and buffers that the scan has to look at; 0 when it is of another function.
std::uint64_t RowsToScan(const duckdb::LogicalGet& scan);

}  // namespace arc::engine
