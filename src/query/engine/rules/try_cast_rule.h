// Avoids duckdb#23687 (still in 1.5.6): DuckDB makes v > 5 of TRY_CAST(v AS INTEGER) > 5, so a row
// whose v is too large for an INTEGER stays, although its TRY_CAST is NULL. This rule puts a
// TRY_CAST of numbers into coalesce(..., NULL). That means the same, and DuckDB's rule for casts
// does not look into it.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterTryCastRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
