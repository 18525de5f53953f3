// Makes the snapshot after a group of changes from the one before it.

#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "data/catalog/snapshot.h"

namespace arc::catalog {

// Copies a shard when it is first touched and shares all others with the base.
class SnapshotBuilder {
 public:
  SnapshotBuilder() : next_(std::make_shared<Snapshot>()) {}
  explicit SnapshotBuilder(const Snapshot& base) : next_(std::make_shared<Snapshot>(base)) {}

  // As after all that was put; null when it does not exist.
  std::shared_ptr<const DatabaseState> FindDatabase(std::string_view name) const {
    return next_->FindDatabase(name);
  }
  std::shared_ptr<const MeasurementState> FindMeasurement(const MeasurementName& name) const {
    return next_->FindMeasurement(name);
  }
  std::vector<std::shared_ptr<const MeasurementState>> Measurements(
      std::string_view database) const {
    return next_->Measurements(database);
  }
  bool IsDropped(MeasurementId id) const { return next_->IsDropped(id); }

  // Each replaces what has the same name.
  void Put(std::shared_ptr<const DatabaseState> database);
  void Put(std::shared_ptr<const MeasurementState> measurement);
  // Does nothing when there is none of the name.
  void Remove(const MeasurementName& name);
  // Its measurements must be removed before.
  void RemoveDatabase(std::string_view name);
  void RememberDropped(MeasurementId id);
  void RememberDroppedOf(const Snapshot& other);
  // Replaces the pin of the base.
  void SetPin(RemovedFiles::Pin pin) { next_->pin_ = std::move(pin); }

  // The builder is used up.
  std::shared_ptr<const Snapshot> Build() && { return std::move(next_); }

 private:
  Snapshot::Shard& ShardToChange(std::size_t index);
  std::unordered_set<MeasurementId>& DroppedIdsToChange();

  std::shared_ptr<Snapshot> next_;
  std::array<std::shared_ptr<Snapshot::Shard>, Snapshot::kShardCount> own_shards_;
  std::shared_ptr<std::unordered_set<MeasurementId>> own_dropped_ids_;
};

}  // namespace arc::catalog
