// One query's pinned snapshot as entries of DuckDB's catalog, made when they are asked for.

#pragma once

#include <map>
#include <memory>
#include <string>

#include "foundation/base/mutex.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/scan/snapshot_view.h"

namespace arc::engine {

class MeasurementSchema;

// Lifetime: owned by the query's transaction and by its scans.
// Threads:  any: two scans of information_schema in one query fill it at the same time.
class QueryView : public duckdb::enable_shared_from_this<QueryView> {
 public:
  // `default_database` exists for the query even when nothing has been written to it.
  QueryView(duckdb::Catalog& catalog, SnapshotView snapshot, std::string default_database);
  ~QueryView();

  const SnapshotView& snapshot() const { return snapshot_; }
  // Null when there is no such database.
  duckdb::optional_ptr<MeasurementSchema> FindSchema(const std::string& name);
  // The same, but makes an empty one when there is no such database.
  MeasurementSchema& SchemaOf(const std::string& name);

 private:
  duckdb::Catalog& catalog_;
  const SnapshotView snapshot_;
  const std::string default_database_;
  Mutex mutex_;
  std::map<std::string, duckdb::unique_ptr<MeasurementSchema>> schemas_ GUARDED_BY(mutex_);
};

}  // namespace arc::engine
