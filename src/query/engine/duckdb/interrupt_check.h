// For code of ours that DuckDB calls and that may run for long.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Throws when the query was told to stop. Constants are folded without a context.
inline void ThrowIfInterrupted(duckdb::ExpressionState& state) {
  if (state.HasContext() && state.GetContext().IsInterrupted()) throw duckdb::InterruptException();
}

}  // namespace arc::engine
