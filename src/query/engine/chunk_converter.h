// Shows DuckDB's chunks as ResultChunks.

#pragma once

#include <string_view>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::engine {

// Lifetime: `context`, and the last chunk given to Convert(), must outlive the ResultChunk.
// Threads:  one at a time.
class ChunkConverter {
 public:
  ChunkConverter(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types,
                 const duckdb::vector<std::string>& names);

  const std::vector<ResultColumnInfo>& columns() const { return infos_; }

  // May change the layout of the vectors of `chunk`, never their values. Throws as DuckDB's casts
  // do.
  const ResultChunk& Convert(duckdb::DataChunk& chunk);

 private:
  // What a column needs before it can be shown.
  struct Target {
    duckdb::LogicalType type;  // cast to it first, unless the column has it already
    bool is_text = false;
    std::vector<std::string_view> texts;  // of the current chunk
  };

  void ConvertColumn(std::size_t index, duckdb::Vector& values, duckdb::idx_t count);

  duckdb::ClientContext& context_;
  std::vector<ResultColumnInfo> infos_;
  std::vector<Target> targets_;
  std::vector<duckdb::unique_ptr<duckdb::Vector>> casts_;  // keep the cast vectors alive
  ResultChunk chunk_;
};

}  // namespace arc::engine
