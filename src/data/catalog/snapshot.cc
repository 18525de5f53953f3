#include "data/catalog/snapshot.h"

#include <algorithm>
#include <functional>

namespace arc::catalog {

std::shared_ptr<const DatabaseState> Snapshot::FindDatabase(std::string_view name) const {
  const auto found = databases_.find(name);
  return found == databases_.end() ? nullptr : found->second;
}

std::shared_ptr<const MeasurementState> Snapshot::FindMeasurement(
    const MeasurementName& name) const {
  const auto& shard = shards_[ShardOf(name)];
  if (!shard) return nullptr;
  const auto found = shard->find(name);
  return found == shard->end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const DatabaseState>> Snapshot::Databases() const {
  std::vector<std::shared_ptr<const DatabaseState>> databases;
  databases.reserve(databases_.size());
  for (const auto& [name, database] : databases_) databases.push_back(database);
  return databases;
}

std::vector<std::shared_ptr<const MeasurementState>> Snapshot::Measurements(
    std::string_view database) const {
  std::vector<std::shared_ptr<const MeasurementState>> measurements;
  for (const auto& shard : shards_) {
    if (!shard) continue;
    for (const auto& [name, measurement] : *shard) {
      if (name.database == database) measurements.push_back(measurement);
    }
  }
  std::sort(measurements.begin(), measurements.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  return measurements;
}

std::size_t Snapshot::ShardOf(const MeasurementName& name) {
  const std::hash<std::string_view> hash;
  return (hash(name.database) * 31 + hash(name.measurement)) % kShardCount;
}

}  // namespace arc::catalog
