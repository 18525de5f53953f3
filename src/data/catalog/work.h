// One thing for the committer to do.

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "data/catalog/catalog_change.h"
#include "data/catalog/drop_change.h"
#include "data/catalog/high_water.h"

namespace arc::catalog {

struct NewDatabase {
  std::string name;
};

struct Drop {
  DropChange change;
  DropCounts* counts;  // filled before the completion runs; never null
};

// The tombstones with LSNs up to `upto` go.
struct ForgottenTombstones {
  Lsn upto;
};

struct ForgottenFiles {
  std::vector<std::string> paths;
};

using Work =
    std::variant<CatalogChange, NewDatabase, HighWater, Drop, ForgottenTombstones, ForgottenFiles>;

}  // namespace arc::catalog
