// What the engine knows about the query on a DuckDB connection. Code that DuckDB calls finds it
// here, and keeps here what it found out and an error text cannot carry safely.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/model/names.h"
#include "query/engine/duckdb/duckdb_api.h"
#include "query/engine/interface/query_request.h"
#include "query/engine/scan/snapshot_view.h"
#include "query/engine/scan/table_view.h"

namespace arc::engine {

// Threads: filled before the query; then used from DuckDB's threads.
class QueryContext : public duckdb::ClientContextState {
 public:
  QueryContext(const QueryRequest& request, std::shared_ptr<const QueryStop> stop)
      : stop_(std::move(stop)),
        default_database_(request.database.empty() ? kDefaultDatabase : request.database),
        time_zone_(request.time_zone),
        may_read_(request.may_read) {}

  // Null only on the connection that sets the engine up.
  static duckdb::shared_ptr<QueryContext> Of(duckdb::ClientContext& context) {
    return context.registered_state->Get<QueryContext>(kKey);
  }
  static void Register(duckdb::ClientContext& context, duckdb::shared_ptr<QueryContext> self) {
    context.registered_state->Insert(kKey, std::move(self));
  }

  const std::string& default_database() const { return default_database_; }
  bool MayRead(std::string_view database, std::string_view measurement) const {
    return !may_read_ || may_read_(database, measurement);
  }

  // Whether there may be measurements that the client may not read.
  bool is_restricted() const { return static_cast<bool>(may_read_); }

  // Whether the query was told to stop. DuckDB's own flag may be reset, and is not checked while it
  // plans.
  bool IsStopped() const { return stop_->reason().has_value(); }

  // Whether the time zone is UTC because the request names no zone.
  bool has_utc() const { return time_zone_.empty(); }
  const std::string& time_zone() const { return time_zone_; }

  void SetPlanFacts(PlanFacts facts) {
    const MutexLock lock(mutex_);
    plan_facts_ = facts;
  }
  // All zeros before the query is planned.
  PlanFacts plan_facts() const {
    const MutexLock lock(mutex_);
    return plan_facts_;
  }

  // Notes that the query named a measurement that it may not read. The first one is kept.
  void Deny(MeasurementName name) {
    const MutexLock lock(mutex_);
    if (!denied_) denied_ = std::move(name);
  }
  std::optional<MeasurementName> denied() const {
    const MutexLock lock(mutex_);
    return denied_;
  }

  // Notes that the query named a measurement that does not exist and that it could not read if it
  // did. The first one is kept.
  void NoteHidden(MeasurementName name) {
    const MutexLock lock(mutex_);
    if (!hidden_) hidden_ = std::move(name);
  }
  std::optional<MeasurementName> hidden() const {
    const MutexLock lock(mutex_);
    return hidden_;
  }

  // Notes that the query reads this measurement, as long as somebody else keeps the view.
  void AddTable(std::weak_ptr<const TableView> table) {
    const MutexLock lock(mutex_);
    tables_.push_back(std::move(table));
  }
  buffer::BatchSet batches() const {
    buffer::BatchSet batches;
    const MutexLock lock(mutex_);
    for (const auto& weak : tables_) {
      if (const auto table = weak.lock()) table->AddBatches(batches);
    }
    return batches;
  }

  // Sets the files to leave out. Call it before the query.
  void LeaveOut(PathSet paths) { paths_left_out_ = std::move(paths); }
  const PathSet& paths_left_out() const { return paths_left_out_; }
  void AddLeftOut(const LeftOut& more) {
    const MutexLock lock(mutex_);
    left_out_.file_count += more.file_count;
    left_out_.row_count += more.row_count;
  }
  LeftOut left_out() const {
    const MutexLock lock(mutex_);
    return left_out_;
  }

  // Notes that the pinned snapshot is too old: rows that its files do not have are not in memory
  // any more.
  void RequireNewPin() { needs_new_pin_ = true; }
  bool needs_new_pin() const { return needs_new_pin_; }

 private:
  static constexpr const char* kKey = "arc_query";

  const std::shared_ptr<const QueryStop> stop_;
  const std::string default_database_;
  const std::string time_zone_;
  const std::function<bool(std::string_view, std::string_view)> may_read_;
  PathSet paths_left_out_;
  std::atomic<bool> needs_new_pin_{false};
  mutable Mutex mutex_;
  PlanFacts plan_facts_ GUARDED_BY(mutex_);
  LeftOut left_out_ GUARDED_BY(mutex_);
  std::optional<MeasurementName> denied_ GUARDED_BY(mutex_);
  std::optional<MeasurementName> hidden_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<const TableView>> tables_ GUARDED_BY(mutex_);
};

}  // namespace arc::engine
