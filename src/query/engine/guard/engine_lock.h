// The second wall around SQL, inside DuckDB itself: what is not allowed does not exist, whatever
// the statement guard may have overlooked.

#pragma once

#include <string>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Removes the functions and system views that SQL may not use from DuckDB's system catalog, so
// that no macro, view or nested query reaches them. Throws.
void RemoveForbiddenFunctions(duckdb::Connection& connection);

// Fixes the settings, for ever: UTC, no extension is loaded, no file is opened but those under
// `file_prefix` and the temporary directory. Throws.
void LockSettings(duckdb::Connection& connection, const std::string& file_prefix);

}  // namespace arc::engine
