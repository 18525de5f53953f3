// LIMIT and OFFSET of the request, outside the client's statement.

#pragma once

#include <cstdint>
#include <optional>

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Puts the window into the tree of `statement`, where the planner sees it and may compute less. It
// can only where the statement has no LIMIT of its own: false, and no change, when it has, or when
// it is no SELECT; the window must then be kept by whoever reads the rows.
bool PushDownRowWindow(duckdb::SQLStatement& statement, std::uint64_t offset,
                       std::optional<std::uint64_t> limit);

}  // namespace arc::engine
