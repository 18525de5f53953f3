// Functions of the calendar, in the time zone of the query and at the speed of TIMESTAMP. DuckDB
// evaluates them through ICU's calendar, up to several hundred times slower than on TIMESTAMP, and
// not always right: where clocks are put back, date_trunc('hour', time) makes one hour of two, and
// time_bucket() knows no zone. An optimizer rule puts their TIMESTAMP twins in, over the local
// time:
//
//   date_trunc('day', t)   ->  from_local(date_trunc('day', as_local(t)), t)
//
// In UTC, which is the zone unless the client asks for another, as_local and from_local are
// reinterpretations of the same 64 bits that cost nothing (as_plain, as_utc); elsewhere they look
// into a table (zone_offsets.h).
//
// What begins a bucket: up to an hour wide, it has the offset of its rows, as in PostgreSQL, so
// both 02:00 of an autumn night are hours of their own. Wider, it begins when the clocks first show
// its beginning. No bucket begins after its rows.
//
// Only functions whose twin is proven equal by test (calendar_rule_test.cc) are replaced; what has
// no twin, or another answer for some times, stays DuckDB's.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterCalendarRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
