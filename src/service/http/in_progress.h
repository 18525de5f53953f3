// How many requests are being worked on: what a shutdown waits for.

#pragma once

#include <cstdint>

#include "foundation/base/mutex.h"
#include "foundation/time/clock.h"

namespace arc::http {

// Threads: all calls from any thread.
class InProgress {
 public:
  // Counts one request for a scope.
  class Mark {
   public:
    explicit Mark(InProgress& owner) : owner_(owner) { owner_.Begin(); }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() { owner_.End(); }

   private:
    InProgress& owner_;
  };

  // Waits until none is left; false when the deadline comes first.
  bool WaitForNone(Clock::SteadyTime deadline) {
    MutexLock lock(mutex_);
    while (count_ > 0) {
      if (none_left_.WaitUntil(lock, deadline) == std::cv_status::timeout) return count_ == 0;
    }
    return true;
  }

 private:
  void Begin() {
    MutexLock lock(mutex_);
    count_++;
  }
  void End() {
    MutexLock lock(mutex_);
    if (--count_ == 0) none_left_.NotifyAll();
  }

  Mutex mutex_;
  Condition none_left_;
  std::uint64_t count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc::http
