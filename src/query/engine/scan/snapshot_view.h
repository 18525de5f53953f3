// The pin of one query: a catalog snapshot S, then how far requests are visible, V. The query's
// rows are the files of S and the rows in memory with S.flushed_lsn < LSN <= V, so every request
// is seen whole or not at all. Measurements are looked up by name as the query names them. Knows
// nothing of DuckDB.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/buffer/live_tables.h"
#include "data/catalog/catalog.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

// A measurement that exists for the query, its rows not collected yet.
struct PinnedMeasurement {
  TableName name;
  std::shared_ptr<const TableSchema> schema;               // of files and visible rows
  std::shared_ptr<const catalog::MeasurementState> state;  // null: the catalog has none yet
  std::shared_ptr<const buffer::LiveMeasurement> live;     // null: no row was written since start
  // It was dropped after the snapshot was pinned, and its rows in memory are gone.
  bool is_outdated = false;
};

using PathSet = std::unordered_set<std::string>;  // as in the catalog

// Threads: immutable, read from anywhere. `live_tables` must outlive it.
class SnapshotView {
 public:
  SnapshotView(const catalog::Catalog& catalog, const buffer::LiveTables& live_tables);

  // The name as it is written in the catalog: the same, else the least that differs in the case of
  // letters only. A hit is O(log n); a miss is O(all measurements).
  std::optional<std::string> FindDatabase(std::string_view name) const;
  std::optional<PinnedMeasurement> FindMeasurement(std::string_view database,
                                                   std::string_view name) const;

  std::vector<std::string> Databases() const;  // by name
  // By name. O(all measurements); reads no schema.
  std::vector<std::string> MeasurementNames(std::string_view database) const;

  // Without the files whose paths are in `left_out`. O(files) when that is not empty.
  // Null when rows that the snapshot lacks have been flushed and trimmed in the meantime, or the
  // measurement was dropped: the query starts over with a newer pin.
  std::shared_ptr<const TableView> Load(const PinnedMeasurement& measurement,
                                        const PathSet& left_out) const;

 private:
  std::optional<PinnedMeasurement> FindExactly(const TableName& name) const;
  bool IsVisible(const buffer::LiveMeasurement& live) const;
  bool IsOutdated(const catalog::MeasurementState& state,
                  const buffer::LiveMeasurement* live) const;

  const catalog::Catalog& catalog_;
  // In this order: what the snapshot lacks must still be in memory when it is read.
  const std::shared_ptr<const catalog::Snapshot> snapshot_;
  const buffer::LiveTables& live_tables_;
  const Lsn visible_lsn_;
};

}  // namespace arc::engine
