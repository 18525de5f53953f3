// Reads the whole catalog into memory.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/catalog/state.h"
#include "foundation/base/result.h"
#include "foundation/sqlite/sqlite.h"

namespace arc::catalog {

struct CatalogContents {
  CatalogState state;
  std::vector<std::string> removed_files;
  std::uint64_t digest = 0;  // of all rows (digest.h)
};

// Fails with kCorruptData when rows contradict each other, make no sense, or are not those that the
// digest in the file was made of: nothing is skipped or repaired.
Result<CatalogContents> ReadCatalog(sqlite::SqliteConnection& connection);

}  // namespace arc::catalog
