// Calendar functions in the time zone of the query, at the speed of TIMESTAMP. For TIMESTAMPTZ
// DuckDB evaluates them through ICU's calendar, up to several hundred times slower than on
// TIMESTAMP, and not always right: when clocks are put back, date_trunc('hour', time) makes one
// hour of two, and time_bucket() ignores the zone. This optimizer rule replaces such a call by the
// TIMESTAMP function of the same name, its twin, on the local time:
//
//   date_trunc('day', t)   ->  from_local(date_trunc('day', as_local(t)), t)
//
// In UTC, the zone unless the client asks for another, as_local and from_local only reinterpret the
// same 64 bits and cost nothing (as_plain, as_utc). In other zones they look into a table of the
// zone's offsets (zone_offsets.h).
//
// The beginning of a bucket: a bucket of up to an hour has the offset of its rows, as in
// PostgreSQL, so in the autumn night the hour that comes twice gives two buckets. A wider bucket
// begins when the clocks first show its beginning. No bucket begins after its rows.
//
// Only functions whose twin is shown to be equal by a test (calendar_rule_test.cc) are replaced.
// Functions without a twin, or whose twin differs for some times, stay DuckDB's.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterCalendarRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
