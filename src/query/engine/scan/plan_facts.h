// What the finished plan of a query says about its cost, kept in its QueryContext.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Has every query look at its plan once it is optimized.
void RegisterPlanFacts(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
