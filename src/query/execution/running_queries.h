// The queries that run, in the order in which they began, and the limit on what they keep in
// memory: rows that were flushed in the meantime stay there until the last query that began before
// is gone. Writes do not wait for that; the oldest queries give way.

#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>

#include "data/buffer/live_tables.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"

namespace arc::execution {

// Lifetime: outlives every Entry.
// Threads:  any.
class RunningQueries {
 public:
  // Both are called from any thread while the Entry lives, under a lock: they must not wait.
  struct Run {
    std::function<void()> cancel;
    std::function<buffer::BatchSet()> batches;  // that it keeps alive
  };

  // Flushed rows of up to `held_bytes_max` may be kept by queries, all together.
  RunningQueries(const buffer::LiveTables& tables, std::size_t held_bytes_max)
      : tables_(tables), held_bytes_max_(held_bytes_max) {}
  RunningQueries(const RunningQueries&) = delete;
  RunningQueries& operator=(const RunningQueries&) = delete;

  class Entry;

  // Call it after rows were let go by the buffers. Cancels the oldest queries that keep such rows,
  // as many as it takes for the rest to be within the limit. When nothing is kept: O(1).
  void LimitMemory();
  // Cancels those that run and those that will.
  void CancelAll();

 private:
  struct Record {
    Run run;
    std::optional<Error> out_of_memory{};  // why it was cancelled
  };

  void LimitMemoryLocked() REQUIRES(mutex_);
  Error OutOfMemory(std::size_t own_bytes) const;

  const buffer::LiveTables& tables_;
  const std::size_t held_bytes_max_;

  // Taken before the locks of the engine's run and of the buffers' totals.
  Mutex mutex_;
  std::list<Record> records_ GUARDED_BY(mutex_);  // the oldest first
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

// A query's place among those that run, from its construction to its destruction.
class RunningQueries::Entry {
 public:
  Entry(RunningQueries& queries, Run run);
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry();

  // What to answer when the query was cancelled for its memory; nothing when it was not.
  std::optional<Error> out_of_memory() const;

 private:
  RunningQueries& queries_;
  std::list<Record>::iterator record_;
};

}  // namespace arc::execution
