// Aggregates that depend on the order of their rows follow time. DuckDB takes rows as they come,
// from several threads and files, so first(v) of a measurement changed with every flush. Here an
// aggregate without ORDER BY gets one, before DuckDB optimizes the plan:
//
//   first(v)  ->  first(v ORDER BY time, v DESC)       the earliest row
//   last(v)   ->  last(v ORDER BY time, v)             the latest row
//   list(v)   ->  list(v ORDER BY time, v)             so array_agg, string_agg, ...
//
// `v DESC` decides between rows of one time: the greater value, as in InfluxQL. Windows without
// ORDER BY alike (first_value, lag, ...). The time is that of the one measurement which the
// argument comes from, through subqueries, joins, windows, CTEs and UNION. There is none behind
// GROUP BY, DISTINCT, LIMIT and an ORDER BY of the statement's own: those aggregates stay DuckDB's.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterTimeOrder(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
