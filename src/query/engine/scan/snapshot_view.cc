#include "query/engine/scan/snapshot_view.h"

#include <algorithm>
#include <set>

#include "foundation/base/check.h"

namespace arc::engine {
namespace {

// The first, in order, of the `names` that equal `name` ignoring case.
template <class Names>
std::optional<std::string> FindIgnoringCase(const Names& names, std::string_view name) {
  std::optional<std::string> found;
  for (const std::string& candidate : names) {
    if (!EqualIgnoringCase(candidate, name)) continue;
    if (!found || candidate < *found) found = candidate;
  }
  return found;
}

using State = std::shared_ptr<const catalog::MeasurementState>;

State WithoutFiles(const State& state, const PathSet& left_out) {
  if (!state || left_out.empty()) return state;
  std::vector<std::string_view> removed;
  for (const auto& placed : state->files.blocks()) {
    for (const auto& file : placed.block->files) {
      if (left_out.contains(file->path)) removed.push_back(file->path);
    }
  }
  if (removed.empty()) return state;
  auto rest = std::make_shared<catalog::MeasurementState>(*state);
  rest->files = state->files.With({}, removed);
  return rest;
}

}  // namespace

SnapshotView::SnapshotView(const catalog::Catalog& catalog,
                           const buffer::LiveMeasurements& live_measurements)
    : catalog_(catalog),
      snapshot_(catalog.snapshot()),
      live_measurements_(live_measurements),
      visible_lsn_(live_measurements.visible_lsn()) {}

// A measurement that the snapshot knows to be dropped may still be in memory.
bool SnapshotView::IsVisible(const buffer::LiveMeasurement& live) const {
  if (snapshot_->IsDropped(live.id())) return false;
  const auto first = live.first_lsn();
  return first != kLsnZero && first <= visible_lsn_;
}

std::optional<std::string> SnapshotView::FindDatabase(std::string_view name) const {
  if (snapshot_->FindDatabase(name) || live_measurements_.measurement_count(name) > 0) {
    return std::string(name);
  }
  // DuckDB asks for its own schemas here too, and these must not cost a walk over all names.
  if (!CheckDatabaseName(name).ok()) return std::nullopt;
  return FindIgnoringCase(Databases(), name);
}

std::vector<std::string> SnapshotView::Databases() const {
  std::set<std::string> names;
  for (const auto& database : snapshot_->Databases()) names.insert(database->name);
  for (const auto& live : live_measurements_.List("")) {
    if (IsVisible(*live)) names.insert(live->name().database);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> SnapshotView::MeasurementNames(std::string_view database) const {
  std::vector<std::string> names;
  for (const auto& state : snapshot_->Measurements(database)) {
    names.push_back(state->name.measurement);
  }
  for (const auto& live : live_measurements_.List(database)) {
    if (IsVisible(*live)) names.push_back(live->name().measurement);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<PinnedMeasurement> SnapshotView::FindMeasurement(std::string_view database,
                                                               std::string_view name) const {
  auto found = FindExactly({std::string(database), std::string(name)});
  if (found || !IsMeasurementName(name)) return found;
  const auto other_case = FindIgnoringCase(MeasurementNames(database), name);
  if (!other_case) return std::nullopt;
  return FindExactly({std::string(database), *other_case});
}

std::optional<PinnedMeasurement> SnapshotView::FindExactly(const MeasurementName& name) const {
  PinnedMeasurement found{name, nullptr, snapshot_->FindMeasurement(name), nullptr};
  auto live = live_measurements_.Find(name.database, name.measurement);
  found.is_outdated = found.state && IsOutdated(*found.state, live.get());
  if (!found.is_outdated && live && IsVisible(*live)) found.live = std::move(live);
  if (found.state) found.schema = found.state->schema;
  if (found.live) {
    // Reads no rows, only the schema. When all rows up to V are gone from memory, the registered
    // schema covers it.
    const auto view = found.live->Read(visible_lsn_, visible_lsn_);
    const auto schema = view ? view->schema : found.live->registered_schema();
    found.schema = found.schema ? JoinSchemas(found.schema, *schema) : schema;
    CHECK(found.schema != nullptr, "BUG: schemas in memory and in the catalog do not join");
  }
  if (!found.schema) return std::nullopt;
  return found;
}

// Memory is never older than the snapshot. So if memory has the name with another id, the
// measurement was dropped since. If memory does not have the name at all, either it was dropped, or
// no row was written to it since the start: the newest snapshot tells.
bool SnapshotView::IsOutdated(const catalog::MeasurementState& state,
                              const buffer::LiveMeasurement* live) const {
  if (live != nullptr) return live->id() != state.id;
  return catalog_.snapshot()->IsDropped(state.id);
}

std::shared_ptr<const TableView> SnapshotView::Load(const PinnedMeasurement& measurement,
                                                    const PathSet& left_out) const {
  if (measurement.is_outdated) return nullptr;
  std::vector<BatchSlice> slices;
  if (measurement.live) {
    const auto after = measurement.state ? measurement.state->flushed_lsn : kLsnZero;
    auto view = measurement.live->Read(after, visible_lsn_);
    if (!view) return nullptr;
    slices = std::move(view->slices);
  }
  return std::make_shared<TableView>(measurement.schema, WithoutFiles(measurement.state, left_out),
                                     slices);
}

}  // namespace arc::engine
