// The queries that run, in the order in which they began, and the limit on the memory that they
// keep. Rows that are flushed meanwhile stay in memory until the last query that reads them has
// ended. Writes do not wait for that; over the limit the oldest queries are cancelled.

#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>

#include "data/buffer/live_measurements.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"

namespace arc::execution {

// Lifetime: outlives every Entry.
// Threads:  any.
class RunningQueries {
 public:
  // Both are called from any thread as long as the Entry lives, under a lock: they must not wait.
  struct Run {
    std::function<void()> cancel;
    std::function<buffer::BatchSet()> batches;  // the batches that it keeps alive
  };

  // All queries together may keep up to `held_bytes_max` of flushed rows.
  RunningQueries(const buffer::LiveMeasurements& tables, std::size_t held_bytes_max)
      : tables_(tables), held_bytes_max_(held_bytes_max) {}
  RunningQueries(const RunningQueries&) = delete;
  RunningQueries& operator=(const RunningQueries&) = delete;

  class Entry;

  // Call it after the buffers have given up rows. Cancels the oldest queries that keep such rows
  // until the others are within the limit. O(1) when they are.
  void LimitMemory();
  // Cancels all that run, and all that are added later.
  void CancelAll();

 private:
  struct Record {
    Run run;
    std::optional<Error> out_of_memory{};  // why it was cancelled
  };

  void LimitMemoryLocked() REQUIRES(mutex_);
  Error OutOfMemory(std::size_t own_bytes) const;

  const buffer::LiveMeasurements& tables_;
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

  // The error for the client, if the query was cancelled because of its memory; else nothing.
  std::optional<Error> out_of_memory() const;

 private:
  RunningQueries& queries_;
  std::list<Record>::iterator record_;
};

}  // namespace arc::execution
