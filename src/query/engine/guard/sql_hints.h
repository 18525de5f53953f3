// Hints for statements that DuckDB does not understand: how to write in this SQL what InfluxQL and
// other databases write in another way, what is missing, and what to use instead of a refused
// statement.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// One or two sentences about what to do instead of a statement of this type.
std::string_view InsteadOf(duckdb::StatementType type);

// DuckDB's `message` about `sql`, shortened when it lists dozens of functions. If we have a hint, a
// line "Hint: ..." follows.
std::string WithHint(const std::string& message, const std::string& sql);

// "There is no database nowhere. There are: default, prod." `databases` are the names that the
// client may see; those similar to `name` come first.
std::string NoSuchDatabase(const std::string& name, const std::vector<std::string>& databases);

// The database of which DuckDB's `message` says that it does not exist; empty for other messages.
std::string MissingDatabaseIn(const std::string& message);

}  // namespace arc::engine
