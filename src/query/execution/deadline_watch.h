// Calls back when a moment passes: one sleeping thread for all running queries.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "foundation/base/mutex.h"
#include "foundation/base/thread.h"
#include "foundation/time/clock.h"

namespace arc::execution {

// Lifetime: outlives every Guard.
// Threads:  any thread may watch; one thread, `deadlines`, owned here, calls back.
class DeadlineWatch {
 public:
  DeadlineWatch();
  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;
  ~DeadlineWatch();

  // As long as it lives, `on_deadline` is called when the deadline passes. Its destructor waits for
  // a call in progress, so what the callback uses may be destroyed after it.
  class Guard {
   public:
    Guard(DeadlineWatch& watch, Clock::SteadyTime deadline, std::function<void()> on_deadline);
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard();

   private:
    DeadlineWatch& watch_;
    std::pair<Clock::SteadyTime, std::uint64_t> key_;
  };

 private:
  void Loop();

  Mutex mutex_;
  Condition changed_;
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 0;
  std::map<std::pair<Clock::SteadyTime, std::uint64_t>, std::function<void()>> deadlines_
      GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace arc::execution
