// first(value, time) and last(value, time), as in TimescaleDB: the value of the earliest and of the
// latest row. Of rows with the same time the greatest value counts, as for first(value)
// (time_order.h).

#pragma once

#include "query/engine/duckdb/tree_walk.h"

namespace arc::engine {

// Walks through a statement and rewrites them into DuckDB's first(value ORDER BY time, ...), also
// as window functions.
class TimedAggregates : public TreeWalk {
 protected:
  void OnExpression(duckdb::ParsedExpression& expression) override;
};

}  // namespace arc::engine
