// For code of ours that DuckDB calls and that may run for a long time.

#pragma once

#include "query/engine/duckdb/duckdb_api.h"

namespace arc::engine {

// Throws when the query was told to stop. There is no context when DuckDB folds constants.
inline void ThrowIfInterrupted(duckdb::ExpressionState& state) {
  if (state.HasContext() && state.GetContext().IsInterrupted()) throw duckdb::InterruptException();
}

}  // namespace arc::engine
