// LIMIT and OFFSET that the request adds to the client's statement.

#pragma once

#include <cstdint>
#include <optional>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Puts the window into the tree of `statement`, where the planner sees it and may compute less.
// Returns false and changes nothing when the statement has a LIMIT or OFFSET of its own, or is no
// SELECT. Then the reader of the rows must apply the window.
bool PushDownRowWindow(duckdb::SQLStatement& statement, std::uint64_t offset,
                       std::optional<std::uint64_t> limit);

}  // namespace arc::engine
