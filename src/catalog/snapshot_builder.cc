#include "catalog/snapshot_builder.h"

#include <utility>

namespace arc::catalog {

void SnapshotBuilder::Put(std::shared_ptr<const DatabaseState> database) {
  auto& place = next_->databases_[database->name];
  place = std::move(database);
}

void SnapshotBuilder::Put(std::shared_ptr<const MeasurementState> measurement) {
  auto& shard = ShardToChange(Snapshot::ShardOf(measurement->name));
  auto& place = shard[measurement->name];
  if (!place) next_->measurement_count_++;
  place = std::move(measurement);
}

Snapshot::Shard& SnapshotBuilder::ShardToChange(std::size_t index) {
  auto& own = own_shards_[index];
  if (!own) {
    const auto& shared = next_->shards_[index];
    own = shared ? std::make_shared<Snapshot::Shard>(*shared) : std::make_shared<Snapshot::Shard>();
    next_->shards_[index] = own;
  }
  return *own;
}

}  // namespace arc::catalog
