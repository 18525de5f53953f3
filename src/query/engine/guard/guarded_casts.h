// Limits the depth of values for casts that recurse over them.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Guards the cast of JSON to VARIANT, whose depth depends on the value. Other casts are as deep as
// their type, which the parser limits. Throws DuckDB's exceptions.
void GuardCasts(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
