// Avoids defects of DuckDB's window functions (still in 1.5.6), before DuckDB optimizes the plan.
//
// duckdb#24985: take an aggregate that depends on the order of its rows, over the whole partition:
//
//   sum(v) OVER (PARTITION BY id ORDER BY time
//                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
//
// DuckDB sorts it for many partitions at once, and the partitions' numbers wrap at 65,536, so
// values get into wrong partitions. When only rounding depends on the order, as in a sum of
// doubles, the rule drops the ORDER BY (without it the frame is the whole partition all the same).
// For list() and the like it makes DuckDB sort each partition on its own.
//
// duckdb#24629, duckdb#24780: PARTITION BY a, a uses the partitions of another window. The rule
// drops repeated keys.
//
// duckdb#23678: a rank with its own order over the whole partition, row_number(ORDER BY x), ignores
// that order. The rule makes it the order of the window.
//
// duckdb#24458: first_value() with a moving frame and without ORDER BY returns the first of all
// rows. With an order by a constant DuckDB takes another path, which is right.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Register it after the rule of time_order.h, which gives orders to windows.
void RegisterWindowRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
