// The range of values that a filter on an integer column may let through.

#pragma once

#include <cstdint>

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

// Every value that passes the filter is in the range; not every value in it passes. Empty when
// low > high.
struct TimeRange {
  std::int64_t low = INT64_MIN;
  std::int64_t high = INT64_MAX;
  // The filter is known to refuse values inside the range (OR, IN): asking the filter itself about
  // a narrower span can pay.
  bool has_gaps = false;

  bool Overlaps(const TimeSpan& span) const { return span.max >= low && span.min <= high; }
  bool Covers(const TimeSpan& span) const { return span.min >= low && span.max <= high; }
};

TimeRange Intersect(const TimeRange& a, const TimeRange& b);

// The range of a filter on a TIMESTAMPTZ (microseconds) or UBIGINT column; everything, for a filter
// that we do not understand. For a filter that moves while the query runs, its current value
// counts.
TimeRange RangeOf(const duckdb::TableFilter& filter);

// Exact statistics of a `time` column, which has no NULL.
duckdb::BaseStatistics TimeStatistics(const TimeSpan& span);

}  // namespace arc::engine
