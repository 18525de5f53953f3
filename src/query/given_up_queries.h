// The queries that did not stop when they were told to, while their threads are still at it: what
// an operator must hear of.

#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "query/query_log.h"

namespace arc::query {

// Threads: any.
class GivenUpQueries {
 public:
  void Add(QueryId id) {
    MutexLock lock(mutex_);
    since_.emplace(id, std::chrono::steady_clock::now());
  }
  // Its thread came back.
  void Remove(QueryId id) {
    MutexLock lock(mutex_);
    since_.erase(id);
  }

  // A sentence for people; empty when there are none.
  std::vector<std::string> Problems() const;

 private:
  mutable Mutex mutex_;
  std::map<QueryId, Clock::SteadyTime> since_ GUARDED_BY(mutex_);
};

}  // namespace arc::query
