#include "data/catalog/change_plan.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>

#include "foundation/base/check.h"

namespace arc::catalog {
namespace {

constexpr std::uint8_t kLevelMax = 2;

Error Refusal(ErrorCode code, const MeasurementName& name, const std::string& why) {
  return Error{code, "measurement '" + name.ToString() + "' cannot be changed: " + why};
}

std::string ToText(Lsn lsn) { return std::to_string(ToNumber(lsn)); }
std::string ToText(MeasurementId id) { return std::to_string(static_cast<std::uint64_t>(id)); }

Result<void> CheckFiles(const MeasurementChange& change) {
  for (const auto& file : change.added_files) {
    const bool is_plausible = !file.path.empty() && file.min_time <= file.max_time &&
                              file.row_count > 0 && file.level <= kLevelMax &&
                              file.min_lsn <= file.max_lsn;
    if (!is_plausible) {
      return Refusal(ErrorCode::kInvalidInput, change.name,
                     "the entry of file '" + file.path + "' contradicts itself");
    }
  }
  const std::unordered_set<std::string_view> removed(change.removed_paths.begin(),
                                                     change.removed_paths.end());
  for (const auto& file : change.added_files) {
    if (!removed.contains(file.path)) continue;
    return Refusal(ErrorCode::kInvalidInput, change.name,
                   "file '" + file.path + "' is both added and removed");
  }
  return {};
}

Result<void> CheckIdentity(const MeasurementChange& change, const MeasurementState* before) {
  if (change.id == MeasurementId{}) {
    return Refusal(ErrorCode::kInvalidInput, change.name, "its id is 0");
  }
  if (before == nullptr) {
    TRY(CheckDatabaseName(change.name.database));
    return CheckMeasurementName(change.name.measurement);
  }
  if (before->id == change.id) return {};
  return Refusal(ErrorCode::kAlreadyExists, change.name,
                 "it exists with id " + ToText(before->id) + ", not " + ToText(change.id));
}

Result<Lsn> FlushedLsnAfter(const MeasurementChange& change, const MeasurementState* before) {
  const auto stored = before == nullptr ? kLsnZero : before->flushed_lsn;
  if (!change.flushed) return stored;
  const auto [from, to] = *change.flushed;
  if (from != stored) {
    return Refusal(ErrorCode::kInvalidInput, change.name,
                   "it is flushed up to LSN " + ToText(stored) + ", not " + ToText(from));
  }
  if (to < from) {
    return Refusal(
        ErrorCode::kInvalidInput, change.name,
        "it is flushed up to LSN " + ToText(from) + ", which cannot become " + ToText(to));
  }
  return to;
}

Result<MeasurementPlan> PlanMeasurement(const MeasurementChange& change,
                                        const SnapshotBuilder& current) {
  CHECK(change.schema != nullptr, "a change has no schema");
  if (current.IsDropped(change.id)) {
    return Refusal(ErrorCode::kNotFound, change.name, "it has been dropped");
  }
  auto before = current.FindMeasurement(change.name);
  TRY(CheckIdentity(change, before.get()));
  TRY(CheckFiles(change));
  const auto flushed_lsn = TRY(FlushedLsnAfter(change, before.get()));
  auto schema = before == nullptr ? change.schema : JoinSchemas(before->schema, *change.schema);
  if (schema == nullptr) {
    return Refusal(ErrorCode::kInvalidInput, change.name,
                   "a column's type does not fit the stored one");
  }
  return MeasurementPlan{&change, std::move(before), std::move(schema), flushed_lsn};
}

LastIds LastIdsOf(const MeasurementChange& change) {
  LastIds last_ids{change.flushed ? change.flushed->to : kLsnZero, change.id};
  for (const auto& file : change.added_files) last_ids.Raise({file.max_lsn, change.id});
  return last_ids;
}

Result<ChangePlan> Plan(const CatalogChange& change, const SnapshotBuilder& current,
                        std::int64_t now) {
  ChangePlan plan;
  plan.measurements.reserve(change.measurements.size());
  std::set<std::string_view> new_databases;
  std::set<MeasurementName> seen;
  for (const auto& measurement : change.measurements) {
    const auto& name = measurement.name;
    if (!seen.insert(name).second) {
      return Refusal(ErrorCode::kInvalidInput, name, "the change names it twice");
    }
    plan.measurements.push_back(TRY(PlanMeasurement(measurement, current)));
    plan.last_ids.Raise(LastIdsOf(measurement));
    if (!current.FindDatabase(name.database) && new_databases.insert(name.database).second) {
      plan.new_databases.push_back(
          std::make_shared<const DatabaseState>(DatabaseState{name.database, now}));
    }
  }
  return plan;
}

Result<ChangePlan> Plan(const NewDatabase& database, const SnapshotBuilder& current,
                        std::int64_t now) {
  TRY(CheckDatabaseName(database.name));
  if (current.FindDatabase(database.name)) {
    return Error{ErrorCode::kAlreadyExists, "Database '" + database.name + "' already exists"};
  }
  ChangePlan plan;
  plan.new_databases.push_back(
      std::make_shared<const DatabaseState>(DatabaseState{database.name, now}));
  return plan;
}

Result<ChangePlan> Plan(const LastIds& last_ids, const SnapshotBuilder&, std::int64_t) {
  ChangePlan plan;
  plan.last_ids = last_ids;
  return plan;
}

Result<MeasurementDrop> PlanDropOf(const DropChange::Measurement& dropped,
                                   const SnapshotBuilder& current) {
  if (current.IsDropped(dropped.id)) {
    return Refusal(ErrorCode::kNotFound, dropped.name, "it has been dropped");
  }
  auto before = current.FindMeasurement(dropped.name);
  if (before && before->id != dropped.id) {
    return Refusal(ErrorCode::kInvalidInput, dropped.name,
                   "it exists with id " + ToText(before->id) + ", not " + ToText(dropped.id));
  }
  return MeasurementDrop{dropped, std::move(before)};
}

Result<ChangePlan> Plan(const CountedDrop& drop, const SnapshotBuilder& current, std::int64_t) {
  const auto lsn = drop.change.lsn;
  const auto& database = drop.change.database;
  ChangePlan plan;
  plan.drop_lsn = lsn;
  plan.dropped_database = database;
  std::set<MeasurementName> seen;
  const auto add = [&](const DropChange::Measurement& dropped) -> Result<void> {
    if (!seen.insert(dropped.name).second) {
      return Refusal(ErrorCode::kInvalidInput, dropped.name, "the drop names it twice");
    }
    if (!database.empty() && dropped.name.database != database) {
      return Refusal(ErrorCode::kInvalidInput, dropped.name, "it is not in the dropped database");
    }
    plan.drops.push_back(TRY(PlanDropOf(dropped, current)));
    plan.last_ids.Raise({lsn, dropped.id});
    return {};
  };
  for (const auto& dropped : drop.change.measurements) TRY(add(dropped));
  if (database.empty()) return plan;
  for (const auto& state : current.Measurements(database)) {
    if (!seen.contains(state->name)) TRY(add({state->name, state->id}));
  }
  if (plan.drops.empty() && !current.FindDatabase(database)) {
    return Error{ErrorCode::kNotFound, "Database '" + database + "' not found"};
  }
  return plan;
}

Result<ChangePlan> Plan(const ForgottenTombstones& forgotten, const SnapshotBuilder&,
                        std::int64_t) {
  ChangePlan plan;
  plan.forgotten_tombstones = forgotten.last_lsn;
  return plan;
}

Result<ChangePlan> Plan(const ForgottenFiles& forgotten, const SnapshotBuilder&, std::int64_t) {
  ChangePlan plan;
  plan.forgotten_files = &forgotten.paths;
  return plan;
}

}  // namespace

std::shared_ptr<const MeasurementState> MeasurementPlan::StateAfter() const {
  std::vector<std::shared_ptr<const FileEntry>> added;
  added.reserve(change->added_files.size());
  for (const auto& file : change->added_files) {
    added.push_back(std::make_shared<const FileEntry>(file));
  }
  const std::vector<std::string_view> removed(change->removed_paths.begin(),
                                              change->removed_paths.end());
  auto files = (before ? before->files : FileSet()).With(std::move(added), removed);
  return std::make_shared<const MeasurementState>(
      MeasurementState{change->id, change->name, schema, flushed_lsn, std::move(files)});
}

Result<ChangePlan> PlanChange(const Change& change, const SnapshotBuilder& current,
                              std::int64_t now) {
  return std::visit([&](const auto& wanted) { return Plan(wanted, current, now); }, change);
}

}  // namespace arc::catalog
