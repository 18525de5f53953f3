// DuckDB's scalar functions and casts, with our guards around them: the wall against values.
//
// Before a function is called it is known how much memory and time it may take
// (function_limits.h), and how deep the JSON is that it will recurse over (json_depth.h). LIKE and
// GLOB are ours (like_match.h). Between long rows a query can be interrupted.

#pragma once

#include <cstdint>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

struct ValueLimits {
  std::uint64_t value_bytes_max;  // of one value that a function makes or takes
  // Of the values that one call makes, of up to 2,048 rows.
  std::uint64_t call_bytes_max() const { return 4 * value_bytes_max; }
};

// Puts guards around every function of the catalog, and the casts that recurse over values.
// `limits` are copied. Throws what DuckDB throws.
void GuardFunctions(duckdb::Connection& connection, ValueLimits limits);

}  // namespace arc::engine
