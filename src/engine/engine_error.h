// DuckDB's errors become ours. Nothing of where files lie reaches a client: messages about files
// are replaced, and go to the log as they are.

#pragma once

#include <string>

#include "base/result.h"
#include "engine/duckdb_api.h"

namespace arc::engine {

// What a client may know of an error. `secret_prefix` is removed wherever it stands.
Error ToError(const duckdb::ErrorData& error, const std::string& secret_prefix);

// A thread that computed for the query was lost, perhaps for the sake of another query.
Error EngineLost();

}  // namespace arc::engine
