// One version of the catalog: which databases, measurements, columns and files exist. Immutable;
// a query keeps the one it started with. Successive snapshots share all that did not change.

#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/catalog/file_set.h"
#include "data/catalog/removed_files.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"

namespace arc::catalog {

// One version of one measurement.
struct MeasurementState {
  MeasurementId id{};
  MeasurementName name;
  std::shared_ptr<const RowSchema> schema;  // never null
  Lsn flushed_lsn = kLsnZero;               // every request up to it has its rows in `files`
  FileSet files;
};

struct DatabaseState {
  std::string name;
  std::int64_t created_at = 0;  // microseconds since 1970-01-01T00:00:00Z
};

// Threads:  immutable, read from anywhere. Made by Catalog only.
// Lifetime: files that it shows are not unlinked before it is gone. A MeasurementState that lives
//           longer does not keep them.
class Snapshot {
 public:
  // Null when it does not exist. The state lives as long as the snapshot (or the pointer).
  std::shared_ptr<const DatabaseState> FindDatabase(std::string_view name) const;
  std::shared_ptr<const MeasurementState> FindMeasurement(const MeasurementName& name) const;

  std::vector<std::shared_ptr<const DatabaseState>> Databases() const;  // by name
  // Of one database, by name. O(all measurements).
  std::vector<std::shared_ptr<const MeasurementState>> Measurements(
      std::string_view database) const;
  std::size_t measurement_count() const { return measurement_count_; }

  // True when the measurement with this id has been dropped, even long ago.
  bool IsDropped(MeasurementId id) const { return dropped_ids_ && dropped_ids_->contains(id); }

 private:
  friend class SnapshotBuilder;

  // Measurements are spread over shards by the hash of their name: a commit copies the array of
  // pointers and the shards it touches, not all entries.
  static constexpr std::size_t kShardCount = 1024;
  using Shard = std::map<MeasurementName, std::shared_ptr<const MeasurementState>>;

  static std::size_t ShardOf(const MeasurementName& name);

  std::map<std::string, std::shared_ptr<const DatabaseState>, std::less<>> databases_;
  std::array<std::shared_ptr<const Shard>, kShardCount> shards_;
  std::size_t measurement_count_ = 0;
  // Of all tombstones since the catalog was opened; null when there was none.
  std::shared_ptr<const std::unordered_set<MeasurementId>> dropped_ids_;
  RemovedFiles::Pin pin_;
};

}  // namespace arc::catalog
