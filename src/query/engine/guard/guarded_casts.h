// Casts that recurse over a value, with a limit on how deep it may be.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// JSON to VARIANT, where depth comes from the value; other casts are as deep as their type, which
// the parser limits. Throws what DuckDB throws.
void GuardCasts(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
