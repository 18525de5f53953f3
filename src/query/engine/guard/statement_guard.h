// What a statement may be: the first line of defence. It looks at DuckDB's own parse tree, so
// quoting, comments and nesting cannot hide anything. Its messages are those of the HTTP contract.
//
// In this order:
//   1. Parse. If that fails, `default.` is quoted (a reserved word to SQL, the name of a database
//      to us) and the statement is parsed again. Names that are too long are refused first, because
//      DuckDB would search for similar names for a long time.
//   2. There must be one statement, and it must be of an allowed type.
//   3. FunctionCheck: no function may read files, settings, the environment or logs
//      (allowed_functions.h).
//   4. ShapeCheck: the statement must not be so large or so nested that DuckDB would plan it for
//      minutes. It cannot be interrupted while it plans.
//   5. first(value, time) and last(value, time) are rewritten (timed_aggregates.h).
// Nothing has been executed by then. A kind of tree node that the walk does not know is refused.
//
// The second line of defence is the lock on the engine itself (engine_lock.h), which stops what
// gets through here.

#pragma once

#include <string>

#include "foundation/base/result.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Exactly one SELECT (WITH, VALUES, set operations, PIVOT with IN), SHOW, DESCRIBE, SUMMARIZE or
// EXPLAIN [ANALYZE] of one of these, with only table functions that are known to be pure and no
// function that reads files, settings, the environment or logs. Fails with kInvalidInput.
//
// `FROM default.cpu` means the database `default`, although `default` is a reserved word in SQL.
Result<duckdb::unique_ptr<duckdb::SQLStatement>> ParseAllowed(const std::string& sql,
                                                              duckdb::ParserOptions options);

// Fails with kInvalidInput when the statement names a measurement of another database than
// `database`: the HTTP contract says so for requests that name their database in a header. DuckDB's
// own schemas do not count.
Result<void> CheckOneDatabase(duckdb::SQLStatement& statement, const std::string& database);

}  // namespace arc::engine
