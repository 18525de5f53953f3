// A way around a defect of DuckDB 1.5 (mended for 2.0 by duckdb#22963). The keys of a join's build
// side filter the scans of its probe side, also those below a LIMIT:
//
//   SELECT count(*) FROM (SELECT * FROM cpu ORDER BY time LIMIT 1000) JOIN hosts USING (host)
//
// takes the first 1000 rows of those hosts instead of the first 1000 rows, if the hosts are read
// first. Here such scans are taken off the join's list, after DuckDB has optimized the plan; others
// stay.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

void RegisterJoinFilterRule(duckdb::DatabaseInstance& database);

}  // namespace arc::engine
