// TIMESTAMPTZ at the speed of TIMESTAMP. DuckDB evaluates functions on TIMESTAMPTZ through ICU's
// calendar, up to several hundred times slower than on TIMESTAMP. The session's time zone is UTC
// unless the client asks for another; there the TIMESTAMP twins give the same answers: an optimizer
// rule puts them in, over a reinterpretation of the same 64 bits that costs nothing:
//
//   date_trunc('hour', t)  ->  as_utc(date_trunc('hour', as_plain(t)))
//
// Only functions whose twin is proven equal by test (utc_rule_test.cc) are replaced; what has no
// twin, or another answer for some times, stays DuckDB's.

#pragma once

#include "engine/duckdb_api.h"

namespace arc::engine {

void RegisterUtcRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
