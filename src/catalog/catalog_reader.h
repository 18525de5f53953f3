// Reads the whole catalog into memory.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog_state.h"
#include "sqlite/sqlite.h"

namespace arc::catalog {

struct CatalogContents {
  CatalogState state;
  std::vector<std::string> removed_files;
};

// Fails with kCorruptData when rows contradict each other or make no sense: nothing is skipped or
// repaired.
Result<CatalogContents> ReadCatalog(sqlite::SqliteConnection& connection);

}  // namespace arc::catalog
