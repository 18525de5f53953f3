// The queries that wait and run, and the last ones that ended: what an operator looks at.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/time/clock.h"

namespace arc::execution {

using QueryId = std::uint64_t;

enum class QueryStatus { kWaiting, kRunning, kCompleted, kFailed, kCancelled, kTimedOut };

// "waiting", "running", "completed", "failed", "cancelled", "timed_out".
std::string_view NameOf(QueryStatus status);

struct QueryRecord {
  QueryId id = 0;
  std::string sql;  // the first 200 bytes of it
  std::string principal;
  std::string client_address;
  std::int64_t started_at = 0;  // microseconds UTC, of its arrival
  QueryStatus status = QueryStatus::kWaiting;
  double duration_ms = 0;  // since its arrival
  std::uint64_t row_count = 0;
  std::string error{};
};

// Threads: any.
// Limits:  the last `history_max` that ended; of those that have not, as many as there may be.
class QueryLog {
 public:
  QueryLog(std::size_t history_max, const Clock& clock)
      : history_max_(history_max), clock_(clock) {}

  QueryId NextId();
  // Times and status of `record` are set here.
  void Begin(QueryRecord record);
  void SetRunning(QueryId id);
  // Once it is known what a page of a cursor is of.
  void SetSql(QueryId id, std::string_view sql);
  // Returns what is known of it now.
  QueryRecord End(QueryId id, QueryStatus status, std::uint64_t row_count, std::string error);

  std::vector<QueryRecord> Active() const;                        // the oldest first
  std::vector<QueryRecord> History(std::size_t count_max) const;  // the newest first
  std::optional<QueryRecord> Find(QueryId id) const;

 private:
  struct Open {
    QueryRecord record;
    Clock::SteadyTime began;
  };

  QueryRecord WithDuration(const Open& open) const;

  const std::size_t history_max_;
  const Clock& clock_;
  mutable Mutex mutex_;
  QueryId last_id_ GUARDED_BY(mutex_) = 0;
  std::map<QueryId, Open> active_ GUARDED_BY(mutex_);
  std::deque<QueryRecord> history_ GUARDED_BY(mutex_);  // the newest at the end
};

}  // namespace arc::execution
