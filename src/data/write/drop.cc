#include "data/write/drop.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace arc::write {
namespace {

bool HasRows(const std::shared_ptr<buffer::LiveMeasurement>& live) {
  return live->first_lsn() != kLsnZero;
}

}  // namespace

Dropper::Dropper(catalog::Catalog& catalog, buffer::LiveMeasurements& tables, Sequencer& sequencer,
                 ForgetListener on_forgotten, std::chrono::milliseconds barrier_timeout,
                 MakeRoom make_room)
    : catalog_(catalog),
      tables_(tables),
      sequencer_(sequencer),
      on_forgotten_(std::move(on_forgotten)),
      barrier_timeout_(barrier_timeout),
      make_room_(std::move(make_room)) {}

Result<catalog::DropCounts> Dropper::DropMeasurement(const MeasurementName& name) {
  auto mark = TRY(tables_.BeginDrop(name));
  const auto& marked = mark.measurements();
  const auto state = catalog_.snapshot()->FindMeasurement(name);
  if (!state && std::none_of(marked.begin(), marked.end(), HasRows)) {
    return Error{ErrorCode::kNotFound, "Measurement '" + name.measurement +
                                           "' not found in database '" + name.database + "'"};
  }
  catalog::DropChange change;
  if (marked.empty()) change.measurements.push_back({name, state->id});
  return DropMarked(std::move(mark), std::move(change));
}

Result<catalog::DropCounts> Dropper::DropDatabase(const std::string& name) {
  auto mark = TRY(tables_.BeginDropDatabase(name));
  const auto& marked = mark.measurements();
  if (!catalog_.snapshot()->FindDatabase(name) &&
      std::none_of(marked.begin(), marked.end(), HasRows)) {
    return Error{ErrorCode::kNotFound, "Database '" + name + "' not found"};
  }
  catalog::DropChange change;
  change.database = name;
  return DropMarked(std::move(mark), std::move(change));
}

Result<catalog::DropCounts> Dropper::DropMarked(buffer::DropMark mark, catalog::DropChange change) {
  for (const auto& live : mark.measurements()) {
    change.measurements.push_back({live->name(), live->id()});
  }
  change.lsn = TRY(TakePlace());
  const auto ids = change.measurements;
  auto dropped = catalog_.Drop(change);
  const bool is_full = !dropped.ok() && dropped.error().code == ErrorCode::kNoSpace;
  if (is_full && make_room_ && make_room_()) dropped = catalog_.Drop(std::move(change));
  if (!dropped.ok()) {
    // A disk that failed may have taken it all the same: then it is done, only not counted.
    const auto snapshot = catalog_.snapshot();
    const bool is_done = !ids.empty() && snapshot->IsDropped(ids.front().id);
    if (!is_done) return dropped;
    dropped = catalog::DropCounts{};
  }
  mark.Finish();
  for (const auto& [name, id] : ids) on_forgotten_(id);
  return dropped;
}

// The writes before it are published or refused when this returns; the marked measurements get none
// after it.
Result<Lsn> Dropper::TakePlace() {
  // Shared: the sequencer may call long after nobody waits any more.
  const auto place = std::make_shared<std::promise<Result<Lsn>>>();
  auto reached = place->get_future();
  TRY(sequencer_.Barrier([place](Result<Lsn> lsn) { place->set_value(std::move(lsn)); }));
  if (reached.wait_for(barrier_timeout_) == std::future_status::timeout) {
    return Error{ErrorCode::kUnavailable,
                 "nothing was dropped: writes before it wait for the disk; see the log"};
  }
  return reached.get();
}

}  // namespace arc::write
