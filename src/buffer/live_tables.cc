#include "buffer/live_tables.h"

#include "base/check.h"

namespace arc::buffer {

LiveTables::LiveTables(MeasurementId greatest_id, Lsn visible_lsn)
    : greatest_id_(static_cast<std::uint64_t>(greatest_id)), visible_lsn_(visible_lsn) {}

std::shared_ptr<LiveMeasurement> LiveTables::Find(std::string_view database,
                                                  std::string_view measurement) const {
  MutexLock lock(mutex_);
  const auto measurements = databases_.find(database);
  if (measurements == databases_.end()) return nullptr;
  const auto found = measurements->second.find(measurement);
  return found == measurements->second.end() ? nullptr : found->second;
}

std::shared_ptr<LiveMeasurement> LiveTables::FindOrCreate(const TableName& name) {
  MutexLock lock(mutex_);
  auto& entry = databases_[name.database][name.measurement];
  if (entry == nullptr) {
    static const auto no_columns = std::make_shared<const TableSchema>();
    entry = std::make_shared<LiveMeasurement>(MeasurementId{++greatest_id_}, name, no_columns,
                                              kLsnZero, &buffered_bytes_);
  }
  return entry;
}

void LiveTables::Restore(MeasurementId id, const TableName& name,
                         std::shared_ptr<const TableSchema> schema, Lsn flushed_lsn) {
  MutexLock lock(mutex_);
  CHECK(static_cast<std::uint64_t>(id) <= greatest_id_, "a measurement id above the greatest");
  auto& entry = databases_[name.database][name.measurement];
  CHECK(entry == nullptr, "a measurement is restored twice");
  entry =
      std::make_shared<LiveMeasurement>(id, name, std::move(schema), flushed_lsn, &buffered_bytes_);
}

std::vector<std::shared_ptr<LiveMeasurement>> LiveTables::List(std::string_view database) const {
  std::vector<std::shared_ptr<LiveMeasurement>> all;
  MutexLock lock(mutex_);
  for (const auto& [name, measurements] : databases_) {
    if (!database.empty() && name != database) continue;
    for (const auto& [measurement, live] : measurements) all.push_back(live);
  }
  return all;
}

std::size_t LiveTables::measurement_count(std::string_view database) const {
  MutexLock lock(mutex_);
  const auto found = databases_.find(database);
  return found == databases_.end() ? 0 : found->second.size();
}

MeasurementId LiveTables::greatest_id() const {
  MutexLock lock(mutex_);
  return MeasurementId{greatest_id_};
}

}  // namespace arc::buffer
