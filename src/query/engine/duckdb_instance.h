// One DuckDB instance, set up and locked for our queries.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/engine.h"
#include "query/engine/engine_threads.h"
#include "query/engine/scan/snapshot_view.h"

namespace arc::engine {

// Lifetime: shared by the engine and by each query that runs on it.
class DuckDbInstance {
 public:
  // Throws DuckDB's exceptions.
  DuckDbInstance(const EngineOptions& options, const catalog::Catalog& catalog,
                 const buffer::LiveMeasurements& live_measurements, Counter& files_opened);

  duckdb::DuckDB& database() { return *database_; }
  // Must not reach a client: see SnapshotFileSystem.
  const std::string& file_prefix() const { return file_prefix_; }
  // The files that queries leave out if they are allowed to.
  PathSet DamagedPaths() const;
  // Reports the file that the error names, if it names one.
  void NoteDamage(const duckdb::ErrorData& error) const;
  // After an internal failure DuckDB refuses all further work, for ever. Some statements cause
  // that, so the engine then makes a new instance.
  bool is_broken() { return duckdb::ValidChecker::IsInvalidated(*database_->instance); }

  // Its threads. They may be in a computation that nobody can stop.
  EngineThreads& threads() { return *threads_; }

 private:
  const std::string file_prefix_;
  integrity::DamagedFiles* const damaged_files_;  // may be null
  std::optional<duckdb::DuckDB> database_;
  std::optional<EngineThreads> threads_;  // ended before the database is closed
};

}  // namespace arc::engine
