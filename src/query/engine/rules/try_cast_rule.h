// A way around duckdb#23687 (in 1.5.6 still). TRY_CAST(v AS INTEGER) > 5 becomes v > 5, so that a
// row whose v is too large for an INTEGER stays, although its TRY_CAST is NULL. Here a TRY_CAST of
// numbers is put into coalesce(..., NULL), which means the same and which DuckDB's rule for casts
// does not look into.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterTryCastRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
