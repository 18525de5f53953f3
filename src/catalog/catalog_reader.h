// Reads the whole catalog into memory.

#pragma once

#include "base/result.h"
#include "catalog/catalog_state.h"
#include "catalog/sqlite.h"

namespace arc::catalog {

// Fails with kCorruptData when rows contradict each other or make no sense: nothing is skipped or
// repaired.
Result<CatalogState> ReadCatalog(SqliteConnection& connection);

}  // namespace arc::catalog
