// What a filter says about an integer column: the range outside of which no value passes.

#pragma once

#include <cstdint>

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

// Surely holds every value that passes. Empty when low > high.
struct TimeRange {
  std::int64_t low = INT64_MIN;
  std::int64_t high = INT64_MAX;
  // Inside the range lie values that the filter is known to refuse (OR, IN): asking the filter
  // again about a narrower span can pay.
  bool has_gaps = false;

  bool Overlaps(const TimeSpan& span) const { return span.max >= low && span.min <= high; }
  bool Covers(const TimeSpan& span) const { return span.min >= low && span.max <= high; }
};

TimeRange Intersect(const TimeRange& a, const TimeRange& b);

// The range of a filter on a TIMESTAMPTZ (microseconds) or UBIGINT column. A filter that is not
// understood lets everything pass. Reads the present value of filters that move while a query runs.
TimeRange RangeOf(const duckdb::TableFilter& filter);

// Statistics of a `time` column that are exact and say that it has no NULL.
duckdb::BaseStatistics TimeStatistics(const TimeSpan& span);

}  // namespace arc::engine
