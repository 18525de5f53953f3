// DuckDB's chunks as ResultChunks.

#pragma once

#include <string_view>
#include <vector>

#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/interface/result_chunk.h"

namespace arc::engine {

// Lifetime: `context` and the chunk given to Convert() last outlive what chunk() shows.
// Threads:  one at a time.
class ChunkConverter {
 public:
  ChunkConverter(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types,
                 const duckdb::vector<std::string>& names);

  const std::vector<ResultColumnInfo>& columns() const { return infos_; }

  // May change how the vectors of `chunk` lie in memory, not what they hold. Throws what DuckDB's
  // casts throw.
  const ResultChunk& Convert(duckdb::DataChunk& chunk);

 private:
  // What a column needs before it can be shown.
  struct Target {
    duckdb::LogicalType type;  // cast to it first; the same: no cast
    bool is_text = false;
    std::vector<std::string_view> texts;  // of the present chunk
  };

  void ConvertColumn(std::size_t index, duckdb::Vector& values, duckdb::idx_t count);

  duckdb::ClientContext& context_;
  std::vector<ResultColumnInfo> infos_;
  std::vector<Target> targets_;
  std::vector<duckdb::unique_ptr<duckdb::Vector>> casts_;  // keep cast vectors of a chunk alive
  ResultChunk chunk_;
};

}  // namespace arc::engine
