// Words that help whoever wrote a statement that DuckDB does not understand: what the habits of
// InfluxQL and other databases are in this SQL, what is missing, what to use instead of a statement
// that is refused.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// What to do instead of a statement that only a SELECT or the like is allowed for, as one sentence
// or two.
std::string_view InsteadOf(duckdb::StatementType type);

// DuckDB's `message` about `sql`, shortened where it lists dozens of functions, with a line "Hint:
// ..." behind it where there is one to give.
std::string WithHint(const std::string& message, const std::string& sql);

// "There is no database nowhere. There are: default, prod." Of `databases`, the names that the
// asker may see, those like `name` come first.
std::string NoSuchDatabase(const std::string& name, const std::vector<std::string>& databases);

// The database that DuckDB's `message` says does not exist; empty when it says nothing of the kind.
std::string MissingDatabaseIn(const std::string& message);

}  // namespace arc::engine
