// The second line of defence, inside DuckDB itself: functions that are not allowed do not exist,
// even if the statement guard has overlooked one.

#pragma once

#include <string>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Removes the functions and system views that SQL may not use from DuckDB's system catalog, so
// that no macro, view or nested query reaches them. Throws.
void RemoveForbiddenFunctions(duckdb::Connection& connection);

// Fixes the settings for ever: UTC, no extension is loaded, and only files under `file_prefix` and
// in the temporary directory are opened. Throws.
void LockSettings(duckdb::Connection& connection, const std::string& file_prefix);

}  // namespace arc::engine
