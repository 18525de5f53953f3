// SQL's LIKE, ILIKE and GLOB, on our own matcher (like_match.h).

#pragma once

#include <string>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// DuckDB's lower(), which ILIKE needs.
duckdb::scalar_function_t LowerFunction(duckdb::ClientContext& context);

// Replaces the code of `function` when `name` is one of LIKE, ILIKE or GLOB. For a constant LIKE
// pattern that DuckDB has taken apart, DuckDB's own code stays: it is linear.
void ReplaceLike(const std::string& name, duckdb::ScalarFunction& function,
                 const duckdb::scalar_function_t& lower);

}  // namespace arc::engine
