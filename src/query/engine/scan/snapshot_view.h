// The pin of one query: first a catalog snapshot S, then V = visible_lsn. The rows of a measurement
// are those in the files of S, and the buffered rows with S.flushed_lsn < LSN <= V. So each request
// is seen as a whole or not at all, and no row is seen twice. Knows nothing of DuckDB.
//
// The order matters. A flush first commits its files to the catalog and then removes the rows from
// memory. S is taken before memory is read, so a row that is not in a file of S was in memory when
// S was taken. It may have been flushed and removed since then: the measurement's buffer then says
// that it cannot give all rows after S.flushed_lsn, Load returns null, and the query starts over
// with a newer pin. With V first and S second, a row above V could be in a file of S.
//
// Dropped measurements: a drop removes the measurement from the catalog first and from memory
// second, and writes may make a new one with the same name and another id. If memory has another id
// than S, the old rows are gone from memory, and the query starts over too.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

// A measurement that the query has found; its rows are not collected yet.
struct PinnedMeasurement {
  MeasurementName name;
  std::shared_ptr<const RowSchema> schema;                 // of files and visible rows
  std::shared_ptr<const catalog::MeasurementState> state;  // null: not in the catalog yet
  std::shared_ptr<const buffer::LiveMeasurement> live;     // null: no row was written since start
  // The measurement was dropped after the snapshot was pinned, and its rows in memory are gone.
  bool is_outdated = false;
};

using PathSet = std::unordered_set<std::string>;  // as in the catalog

// Threads: immutable, read from anywhere. `live_measurements` must outlive it.
class SnapshotView {
 public:
  SnapshotView(const catalog::Catalog& catalog, const buffer::LiveMeasurements& live_measurements);

  // The name as it is written in the catalog: the same one, else the first (in order) that differs
  // only in the case of letters. A hit is O(log n); a miss is O(all measurements).
  std::optional<std::string> FindDatabase(std::string_view name) const;
  std::optional<PinnedMeasurement> FindMeasurement(std::string_view database,
                                                   std::string_view name) const;

  std::vector<std::string> Databases() const;  // sorted
  // Sorted. O(all measurements); reads no schema.
  std::vector<std::string> MeasurementNames(std::string_view database) const;

  // The measurement's files and rows, without the files whose paths are in `left_out`. O(files)
  // when that is not empty. Null when the pin became too old, as described above: the query must
  // start over with a newer pin.
  std::shared_ptr<const TableView> Load(const PinnedMeasurement& measurement,
                                        const PathSet& left_out) const;

 private:
  std::optional<PinnedMeasurement> FindExactly(const MeasurementName& name) const;
  bool IsVisible(const buffer::LiveMeasurement& live) const;
  bool IsOutdated(const catalog::MeasurementState& state,
                  const buffer::LiveMeasurement* live) const;

  const catalog::Catalog& catalog_;
  // The order of these members is the order of the pin: first S, then V.
  const std::shared_ptr<const catalog::Snapshot> snapshot_;
  const buffer::LiveMeasurements& live_measurements_;
  const Lsn visible_lsn_;
};

}  // namespace arc::engine
