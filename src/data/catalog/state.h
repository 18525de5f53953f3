// All that the catalog holds, in memory: what LevelDB calls a version.

#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>

#include "data/catalog/snapshot.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"

namespace arc::catalog {

// The greatest LSN and measurement id ever recorded: new ones start above both.
struct LastIds {
  Lsn lsn = kLsnZero;
  MeasurementId measurement_id{};

  void Raise(const LastIds& other) {
    lsn = std::max(lsn, other.lsn);
    measurement_id = std::max(measurement_id, other.measurement_id);
  }
  bool operator==(const LastIds&) const = default;
};

// The dropped measurements, each with an LSN above those of all its rows.
using Tombstones = std::map<MeasurementId, Lsn>;

struct CatalogState {
  std::shared_ptr<const Snapshot> snapshot;  // never null
  LastIds last_ids;
  std::uint64_t generation = 0;  // of the transactions so far: each has the next number
  std::shared_ptr<const Tombstones> tombstones;  // never null
};

}  // namespace arc::catalog
