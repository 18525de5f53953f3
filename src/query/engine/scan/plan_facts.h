// Reads the cost from the finished plan of a query and keeps it in its QueryContext.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// From now on each query's plan is read when it is optimized.
void RegisterPlanFacts(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
