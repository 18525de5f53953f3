// Ways around defects of DuckDB's windows (in 1.5.6 still), before DuckDB optimizes the plan.
//
// duckdb#24985: an aggregate that depends on the order of its rows, over the whole partition,
//
//   sum(v) OVER (PARTITION BY id ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED
//   FOLLOWING)
//
// is sorted for many partitions at once, and their numbers wrap at 65,536: values change
// partitions. Where only rounding depends on the order, as in a sum of doubles, the ORDER BY is
// dropped (the frame is the whole partition without it); for list() and the like each partition is
// sorted by itself.
//
// duckdb#24629, duckdb#24780: PARTITION BY a, a takes the partitions of another window: repeated
// keys are dropped. duckdb#23678: a rank with an order of its own over the whole partition,
// row_number(ORDER BY x), forgets it: it becomes the window's order. duckdb#24458: first_value()
// with a frame that moves and without ORDER BY is the first of all rows: an order by a constant
// keeps it from the path that errs.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// After the rule of time_order.h, which gives windows orders.
void RegisterWindowRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
