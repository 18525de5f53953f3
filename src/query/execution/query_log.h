// The queries that wait and run, and the last ones that ended, for operators.

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
  std::string sql;  // the first 200 bytes
  std::string principal;
  std::string client_address;
  std::int64_t started_at = 0;  // microseconds UTC: when the query arrived
  QueryStatus status = QueryStatus::kWaiting;
  double duration_ms = 0;  // from the arrival on
  std::uint64_t row_count = 0;
  std::string error{};
};

// Threads: any.
// Limits:  the last `history_max` ended queries, and all queries that wait or run.
class QueryLog {
 public:
  QueryLog(std::size_t history_max, const Clock& clock)
      : history_max_(history_max), clock_(clock) {}

  QueryId NextId();
  // Sets the times and the status of `record`.
  void Begin(QueryRecord record);
  void SetRunning(QueryId id);
  // For a page of a cursor: its statement is known only when the cursor was found.
  void SetSql(QueryId id, std::string_view sql);
  // Returns the final record.
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
