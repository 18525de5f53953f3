// Checks a change against the state it would change, before anything is written.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/catalog/change.h"
#include "data/catalog/snapshot_builder.h"
#include "data/catalog/state.h"
#include "foundation/base/result.h"

namespace arc::catalog {

// What becomes of one measurement.
struct MeasurementPlan {
  const MeasurementChange* change;                 // of the change planned
  std::shared_ptr<const MeasurementState> before;  // null when it is new
  std::shared_ptr<const RowSchema> schema;         // after
  Lsn flushed_lsn;                                 // after

  std::shared_ptr<const MeasurementState> StateAfter() const;
};

// One measurement that goes.
struct MeasurementDrop {
  DropChange::Measurement dropped;
  std::shared_ptr<const MeasurementState> before;  // null when the catalog does not hold it
};

// Lifetime: shorter than that of the change it was made from.
struct ChangePlan {
  std::vector<std::shared_ptr<const DatabaseState>> new_databases;
  std::vector<MeasurementPlan> measurements;
  std::vector<MeasurementDrop> drops;
  std::string dropped_database;  // empty: none
  Lsn drop_lsn = kLsnZero;
  std::optional<Lsn> forgotten_tombstones;                    // up to which
  const std::vector<std::string>* forgotten_files = nullptr;  // null: none
  LastIds last_ids;                                           // of what the change records
};

// Refuses what the names, ids, schemas, LSNs and files themselves tell to be wrong. Whether a path
// is live is not known here: SQLite's index of paths tells (catalog_writer.h).
Result<ChangePlan> PlanChange(const Change& change, const SnapshotBuilder& current,
                              std::int64_t now);

}  // namespace arc::catalog
