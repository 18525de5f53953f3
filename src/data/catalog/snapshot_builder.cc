#include "data/catalog/snapshot_builder.h"

#include <utility>

#include "foundation/base/check.h"

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

void SnapshotBuilder::Remove(const MeasurementName& name) {
  if (!next_->FindMeasurement(name)) return;
  ShardToChange(Snapshot::ShardOf(name)).erase(name);
  CHECK(next_->measurement_count_ > 0, "BUG: a snapshot counts its measurements wrong");
  next_->measurement_count_--;
}

void SnapshotBuilder::RemoveDatabase(std::string_view name) {
  const auto found = next_->databases_.find(name);
  if (found != next_->databases_.end()) next_->databases_.erase(found);
}

void SnapshotBuilder::RememberDropped(MeasurementId id) { DroppedIdsToChange().insert(id); }

void SnapshotBuilder::RememberDroppedOf(const Snapshot& other) {
  if (!other.dropped_ids_) return;
  DroppedIdsToChange().insert(other.dropped_ids_->begin(), other.dropped_ids_->end());
}

std::unordered_set<MeasurementId>& SnapshotBuilder::DroppedIdsToChange() {
  if (!own_dropped_ids_) {
    own_dropped_ids_ = std::make_shared<std::unordered_set<MeasurementId>>();
    if (next_->dropped_ids_) *own_dropped_ids_ = *next_->dropped_ids_;
    next_->dropped_ids_ = own_dropped_ids_;
  }
  return *own_dropped_ids_;
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
