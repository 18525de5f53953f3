// Makes our errors out of DuckDB's. No path reaches a client: messages about files are replaced,
// and the original ones go to the log.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// The message for a client when a file is missing or damaged.
inline constexpr std::string_view kDamagedFile =
    "A stored file is missing or damaged: an administrator finds its name in /health and in the "
    "log; with the header X-Arc-Allow-Missing-Files: true the other files answer alone";

// The path, as in the catalog, of the file that an error of DuckDB's names; nothing when the error
// names no file.
std::optional<std::string> FileNamedIn(const std::string& message,
                                       const std::string& secret_prefix);

// The error for a client. `secret_prefix` is removed wherever it stands.
Error ToError(const duckdb::ErrorData& error, const std::string& secret_prefix);

// The error when a thread that computed for the query was lost, perhaps because of another query.
Error EngineLost();

}  // namespace arc::engine
