// All that the catalog holds, in memory.

#pragma once

#include <memory>

#include "catalog/high_water.h"
#include "catalog/snapshot.h"

namespace arc::catalog {

struct CatalogState {
  std::shared_ptr<const Snapshot> snapshot;  // never null
  HighWater high_water;
};

}  // namespace arc::catalog
