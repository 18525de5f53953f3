// One thing for the committer to do.

#pragma once

#include <string>
#include <variant>

#include "catalog/catalog_change.h"
#include "catalog/high_water.h"

namespace arc::catalog {

struct NewDatabase {
  std::string name;
};

using Work = std::variant<CatalogChange, NewDatabase, HighWater>;

}  // namespace arc::catalog
