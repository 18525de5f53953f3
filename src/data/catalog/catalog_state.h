// All that the catalog holds, in memory.

#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "data/catalog/high_water.h"
#include "data/catalog/snapshot.h"

namespace arc::catalog {

// The dropped measurements, each with an LSN above those of all its rows.
using Tombstones = std::map<MeasurementId, Lsn>;

struct CatalogState {
  std::shared_ptr<const Snapshot> snapshot;  // never null
  HighWater high_water;
  std::uint64_t generation = 0;  // of the transactions so far: each has the next number
  std::shared_ptr<const Tombstones> tombstones;  // never null
};

}  // namespace arc::catalog
