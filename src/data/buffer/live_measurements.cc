#include "data/buffer/live_measurements.h"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/base/check.h"

namespace arc::buffer {
namespace {

const std::shared_ptr<const RowSchema>& NoColumns() {
  static const auto no_columns = std::make_shared<const RowSchema>();
  return no_columns;
}

Error BeingDropped(const std::string& what) {
  return Error{ErrorCode::kOverloaded, what + " is being dropped: retry"};
}

}  // namespace

DropMark::~DropMark() {
  if (tables_ != nullptr) tables_->TakeAway(*this);
}

void DropMark::Finish() {
  CHECK(tables_ != nullptr, "a drop is finished twice");
  std::exchange(tables_, nullptr)->Forget(*this);
}

LiveMeasurements::LiveMeasurements(MeasurementId greatest_id, Lsn visible_lsn)
    : greatest_id_(static_cast<std::uint64_t>(greatest_id)), visible_lsn_(visible_lsn) {}

std::shared_ptr<LiveMeasurement> LiveMeasurements::Find(std::string_view database,
                                                        std::string_view measurement) const {
  MutexLock lock(mutex_);
  const auto measurements = databases_.find(database);
  if (measurements == databases_.end()) return nullptr;
  const auto found = measurements->second.find(measurement);
  return found == measurements->second.end() ? nullptr : found->second;
}

Result<std::shared_ptr<LiveMeasurement>> LiveMeasurements::FindOrCreate(
    const MeasurementName& name) {
  MutexLock lock(mutex_);
  if (IsBeingDroppedLocked(name)) return BeingDropped("measurement " + name.ToString());
  auto& entry = databases_[name.database][name.measurement];
  if (entry == nullptr) {
    entry = std::make_shared<LiveMeasurement>(MeasurementId{++greatest_id_}, name, NoColumns(),
                                              kLsnZero, &totals_);
  }
  return entry;
}

MeasurementId LiveMeasurements::ReserveId() {
  MutexLock lock(mutex_);
  return MeasurementId{++greatest_id_};
}

Result<std::shared_ptr<LiveMeasurement>> LiveMeasurements::FindOrCreate(const MeasurementName& name,
                                                                        MeasurementId id) {
  MutexLock lock(mutex_);
  if (IsBeingDroppedLocked(name)) return BeingDropped("measurement " + name.ToString());
  auto& entry = databases_[name.database][name.measurement];
  if (entry == nullptr) {
    entry = std::make_shared<LiveMeasurement>(id, name, NoColumns(), kLsnZero, &totals_);
  }
  if (entry->id() == id) return entry;
  return Error{ErrorCode::kOverloaded,
               fmt::format("measurement {} was created by another request at the same time: repeat",
                           name.ToString())};
}

void LiveMeasurements::Restore(MeasurementId id, const MeasurementName& name,
                               std::shared_ptr<const RowSchema> schema, Lsn flushed_lsn) {
  MutexLock lock(mutex_);
  CHECK(static_cast<std::uint64_t>(id) <= greatest_id_, "a measurement id above the greatest");
  auto& entry = databases_[name.database][name.measurement];
  CHECK(entry == nullptr, "a measurement is restored twice");
  entry = std::make_shared<LiveMeasurement>(id, name, std::move(schema), flushed_lsn, &totals_);
}

Result<std::shared_ptr<LiveMeasurement>> LiveMeasurements::RestoreNew(MeasurementId id,
                                                                      const MeasurementName& name) {
  MutexLock lock(mutex_);
  auto& entry = databases_[name.database][name.measurement];
  if (entry == nullptr) {
    entry = std::make_shared<LiveMeasurement>(id, name, NoColumns(), kLsnZero, &totals_);
    greatest_id_ = std::max(greatest_id_, static_cast<std::uint64_t>(id));
  }
  if (entry->id() == id) return entry;
  return Error{
      ErrorCode::kCorruptData,
      fmt::format("rows of measurement {} have id {}, but it has id {}", name.ToString(),
                  static_cast<std::uint64_t>(id), static_cast<std::uint64_t>(entry->id()))};
}

std::vector<std::shared_ptr<LiveMeasurement>> LiveMeasurements::ListUnflushed(Lsn last_lsn) const {
  auto all = List("");
  std::erase_if(all, [last_lsn](const auto& live) {
    const auto oldest = live->oldest_lsn();
    return !oldest || *oldest > last_lsn;
  });
  return all;
}

std::vector<std::shared_ptr<LiveMeasurement>> LiveMeasurements::List(
    std::string_view database) const {
  std::vector<std::shared_ptr<LiveMeasurement>> all;
  MutexLock lock(mutex_);
  for (const auto& [name, measurements] : databases_) {
    if (!database.empty() && name != database) continue;
    for (const auto& [measurement, live] : measurements) all.push_back(live);
  }
  return all;
}

bool LiveMeasurements::IsBeingDroppedLocked(const MeasurementName& name) const {
  return being_dropped_.contains(name) || being_dropped_.contains({name.database, ""});
}

Result<DropMark> LiveMeasurements::BeginDrop(const MeasurementName& name) {
  MutexLock lock(mutex_);
  if (IsBeingDroppedLocked(name)) return BeingDropped("measurement " + name.ToString());
  being_dropped_.insert(name);
  std::vector<std::shared_ptr<LiveMeasurement>> marked;
  const auto database = databases_.find(name.database);
  if (database != databases_.end()) {
    const auto found = database->second.find(name.measurement);
    if (found != database->second.end()) marked.push_back(found->second);
  }
  for (const auto& live : marked) live->SetDropping(true);
  return DropMark(*this, name, std::move(marked));
}

Result<DropMark> LiveMeasurements::BeginDropDatabase(const std::string& database) {
  const MeasurementName scope{database, ""};
  MutexLock lock(mutex_);
  // The scope of the database sorts before those of its measurements.
  const auto first = being_dropped_.lower_bound(scope);
  if (first != being_dropped_.end() && first->database == database) {
    return BeingDropped("database " + database + " or a measurement of it");
  }
  being_dropped_.insert(scope);
  std::vector<std::shared_ptr<LiveMeasurement>> marked;
  const auto found = databases_.find(database);
  if (found != databases_.end()) {
    for (const auto& [measurement, live] : found->second) marked.push_back(live);
  }
  for (const auto& live : marked) live->SetDropping(true);
  return DropMark(*this, scope, std::move(marked));
}

void LiveMeasurements::Forget(const DropMark& mark) {
  {
    MutexLock lock(mutex_);
    for (const auto& live : mark.measurements()) {
      const auto database = databases_.find(live->name().database);
      database->second.erase(live->name().measurement);
      if (database->second.empty()) databases_.erase(database);
    }
    being_dropped_.erase(mark.scope_);
  }
  for (const auto& live : mark.measurements()) live->MarkDropped();
}

void LiveMeasurements::TakeAway(const DropMark& mark) {
  MutexLock lock(mutex_);
  for (const auto& live : mark.measurements()) live->SetDropping(false);
  being_dropped_.erase(mark.scope_);
}

std::size_t LiveMeasurements::measurement_count(std::string_view database) const {
  MutexLock lock(mutex_);
  const auto found = databases_.find(database);
  return found == databases_.end() ? 0 : found->second.size();
}

MeasurementId LiveMeasurements::greatest_id() const {
  MutexLock lock(mutex_);
  return MeasurementId{greatest_id_};
}

}  // namespace arc::buffer
