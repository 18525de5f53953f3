// Makes aggregates that depend on the order of their rows follow time. DuckDB takes rows as they
// come from several threads and files, so first(v) of a measurement would change with every flush.
// This rule gives an aggregate without ORDER BY one, before DuckDB optimizes the plan:
//
//   first(v)  ->  first(v ORDER BY time, v DESC)       the earliest row
//   last(v)   ->  last(v ORDER BY time, v)             the latest row
//   list(v)   ->  list(v ORDER BY time, v)             so array_agg, string_agg, ...
//
// `v DESC` decides between rows with the same time: the greatest value counts, as in InfluxQL.
// Window functions without ORDER BY (first_value, lag, ...) get one in the same way.
//
// Which time? TimeSource follows the columns of the argument down the plan, through projections,
// filters, joins, windows, CTEs and UNION, to the scans they come from. If they all come from one
// measurement (or one CTE or UNION with exactly one time column), its time is used; it is added to
// the scan, and to the projections on the way up, if the statement did not select it. GROUP BY,
// DISTINCT, LIMIT and an ORDER BY of the statement are not looked through: aggregates above them
// stay as DuckDB computes them.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterTimeOrder(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
