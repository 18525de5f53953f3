// Avoids a defect of DuckDB 1.5 (fixed for 2.0 by duckdb#22963). The keys of a join's build side
// filter the scans of its probe side, also scans below a LIMIT:
//
//   SELECT count(*) FROM (SELECT * FROM cpu ORDER BY time LIMIT 1000) JOIN hosts USING (host)
//
// then takes the first 1000 rows of those hosts instead of the first 1000 rows. After DuckDB has
// optimized the plan, this rule removes such scans from the join's list of scans to filter: those
// below an operator that chooses rows (LIMIT, top-N, DISTINCT ON). Filters on other scans stay, and
// so does their speed.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterJoinFilterRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
