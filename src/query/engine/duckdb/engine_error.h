// DuckDB's errors become ours. Nothing of where files lie reaches a client: messages about files
// are replaced, and go to the log as they are.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// What a client learns of a file that is not as it was written.
inline constexpr std::string_view kDamagedFile =
    "A stored file is missing or damaged: an administrator finds its name in /health and in the "
    "log; with the header X-Arc-Allow-Missing-Files: true the other files answer alone";

// The path of the catalog of the file that an error of DuckDB's own names; nothing when it names
// none.
std::optional<std::string> FileNamedIn(const std::string& message,
                                       const std::string& secret_prefix);

// What a client may know of an error. `secret_prefix` is removed wherever it stands.
Error ToError(const duckdb::ErrorData& error, const std::string& secret_prefix);

// A thread that computed for the query was lost, perhaps for the sake of another query.
Error EngineLost();

}  // namespace arc::engine
