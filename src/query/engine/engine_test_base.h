// A small world for tests of the engine: a real catalog, real live tables, Parquet files in a
// temporary folder, and an ordinary DuckDB, unlocked and without our rules, as the obvious twin
// with which answers are compared.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/catalog/catalog.h"
#include "foundation/base/metrics.h"
#include "foundation/model/column_batch.h"
#include "foundation/testing/temp_directory.h"
#include "query/engine/engine.h"

namespace arc::engine {

class World {
 public:
  struct Options {
    std::uint64_t memory_limit_bytes = 1ULL << 30;
    std::size_t thread_count = 2;
  };

  World() : World(Options{}) {}
  explicit World(Options options);
  ~World();

  Engine& engine() { return *engine_; }
  catalog::Catalog& catalog() { return *catalog_; }
  buffer::LiveMeasurements& live_measurements() { return live_measurements_; }
  std::string StoragePath(const std::string& path) const { return directory_ / ("data/" + path); }
  std::uint64_t files_opened();

  // Runs on the plain DuckDB. CHECKs that it works.
  void Plain(const std::string& sql);

  // Writes the rows of `select` (run on the plain DuckDB; `time` first) to a file of `name` and
  // publishes it.
  void AddFile(const MeasurementName& name, const std::vector<SchemaColumn>& columns,
               const std::string& select, const std::string& copy_options = "FORMAT parquet");
  // Publishes a file that lies at StoragePath(path) already.
  void AddExistingFile(const MeasurementName& name, const std::vector<SchemaColumn>& columns,
                       const catalog::FileEntry& file);
  // Many files in one change.
  void AddExistingFiles(const MeasurementName& name, const std::vector<SchemaColumn>& columns,
                        std::vector<catalog::FileEntry> files);

  // A write request of one batch. Returns its LSN.
  Lsn Publish(const MeasurementName& name, ColumnBatch batch);
  // The same, as part of a request that is not visible yet.
  void PublishUnseen(const MeasurementName& name, Lsn lsn, ColumnBatch batch);
  Lsn next_lsn() const { return Next(live_measurements_.visible_lsn()); }

  // All rows as text: cells separated by ", ", rows by "\n"; "ERROR <code>: <message>" on failure.
  std::string Ours(const std::string& sql, const std::string& database = "",
                   std::function<bool(std::string_view, std::string_view)> may_read = nullptr);
  std::string Ours(const QueryRequest& request);
  // The same from the plain DuckDB.
  std::string Theirs(const std::string& sql);

 private:
  struct Twin;

  testing::TempDirectory directory_;
  Metrics metrics_;
  std::unique_ptr<catalog::Catalog> catalog_;
  buffer::LiveMeasurements live_measurements_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Twin> twin_;
  int files_written_ = 0;
};

// Reads a run to its end.
std::string TextOf(QueryRun& run);
std::string TextOf(const ResultChunk& chunk);
// "kInvalidInput" and so on.
std::string NameOf(ErrorCode code);

}  // namespace arc::engine
