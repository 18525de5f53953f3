// Makes the snapshot after a group of changes from the one before it.

#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "catalog/snapshot.h"

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
  std::shared_ptr<const MeasurementState> FindMeasurement(const TableName& name) const {
    return next_->FindMeasurement(name);
  }

  // Each replaces what has the same name.
  void Put(std::shared_ptr<const DatabaseState> database);
  void Put(std::shared_ptr<const MeasurementState> measurement);

  // The builder is used up.
  std::shared_ptr<const Snapshot> Build() && { return std::move(next_); }

 private:
  Snapshot::Shard& ShardToChange(std::size_t index);

  std::shared_ptr<Snapshot> next_;
  std::array<std::shared_ptr<Snapshot::Shard>, Snapshot::kShardCount> own_shards_;
};

}  // namespace arc::catalog
