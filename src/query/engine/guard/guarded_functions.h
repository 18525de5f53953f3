// Puts guards around DuckDB's scalar functions and casts, against values that are too large, too
// deep or too slow.
//
// Each guarded function, when it is called for a chunk of up to 2,048 rows:
//   1. Fails if the query was told to stop.
//   2. If the sizes of the columns show that no value can be too large, calls the function at once.
//      That is the usual case.
//   3. Else computes for each row how much memory and time the call may take (function_limits.h),
//      and fails if one value or the whole call may be too large.
//   4. Checks how deep the JSON is that the function will recurse over (json_depth.h), and how long
//      the names are that it will look up.
//   5. Calls the function; if all rows together take long, in parts, with a check for a stop
//      between them.
// DuckDB also calls functions while it binds a statement, with constant arguments. So the bind
// callbacks are wrapped too: they check the constants first, and guard the function that the bind
// callback may have put in the place of the first one.
//
// LIKE and GLOB are replaced by ours (like_match.h).

#pragma once

#include <cstdint>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

struct ValueLimits {
  std::uint64_t value_bytes_max;  // of one value that a function makes or takes
  // Of all values that one call makes, for up to 2,048 rows.
  std::uint64_t call_bytes_max() const { return 4 * value_bytes_max; }
};

// Puts guards around every function of the catalog that can make or take large values, and around
// the casts that recurse over values. `limits` are copied. Throws DuckDB's exceptions.
void GuardFunctions(duckdb::Connection& connection, ValueLimits limits);

}  // namespace arc::engine
