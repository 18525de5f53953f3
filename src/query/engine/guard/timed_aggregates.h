// first(value, time) and last(value, time), as TimescaleDB has them: the value of the earliest and
// of the latest row. Of rows of one time the greater value counts, as for first(value)
// (time_order.h).

#pragma once

#include "query/engine/duckdb/tree_walk.h"

namespace arc::engine {

// Turns them into DuckDB's first(value ORDER BY time, ...). Windows too. As a walk through a
// statement.
class TimedAggregates : public TreeWalk {
 protected:
  void OnExpression(duckdb::ParsedExpression& expression) override;
};

}  // namespace arc::engine
