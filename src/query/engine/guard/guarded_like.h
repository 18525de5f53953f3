// LIKE, ILIKE and GLOB of SQL on our own matcher (like_match.h).

#pragma once

#include <string>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// DuckDB's lower(), which ILIKE needs.
duckdb::scalar_function_t LowerFunction(duckdb::ClientContext& context);

// Exchanges what `function` does when `name` is one of LIKE's, ILIKE's or GLOB's. A constant LIKE
// pattern that DuckDB has taken apart stays with it: that is linear.
void ReplaceLike(const std::string& name, duckdb::ScalarFunction& function,
                 const duckdb::scalar_function_t& lower);

}  // namespace arc::engine
