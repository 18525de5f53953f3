// What a statement may be: the first wall. It looks at DuckDB's own parse tree, so quoting,
// comments and nesting cannot hide anything; it answers in the words of the HTTP contract. The
// second wall is the engine's own lock (engine_lock.h): what slips through here fails there.

#pragma once

#include <string>

#include "foundation/base/result.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Exactly one SELECT (WITH, VALUES, set operations, PIVOT with IN), SHOW, DESCRIBE, SUMMARIZE or
// EXPLAIN [ANALYZE] of one of these, with only table functions that are known to be pure and no
// function that reads files, settings, the environment or logs. Fails with kInvalidInput.
//
// `FROM default.cpu` is not SQL, for `default` is a reserved word; here it is what it seems to be.
Result<duckdb::unique_ptr<duckdb::SQLStatement>> ParseAllowed(const std::string& sql,
                                                              duckdb::ParserOptions options);

// Fails with kInvalidInput when the statement names a table of another database than `database`, as
// the contract has it for requests that name theirs in a header. DuckDB's own schemas do not count.
Result<void> CheckOneDatabase(duckdb::SQLStatement& statement, const std::string& database);

}  // namespace arc::engine
