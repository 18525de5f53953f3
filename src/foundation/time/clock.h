// The two clocks of the server. Code gets them from outside, so that tests decide what time it is;
// whoever waits for a time waits by the clock as well.

#pragma once

#include <chrono>
#include <cstdint>

#include "foundation/base/mutex.h"

namespace arc {

// Threads: every clock may be read from any thread.
class Clock {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  // Wall clock: microseconds since 1970-01-01T00:00:00Z. May jump.
  virtual std::int64_t NowMicros() const = 0;
  // For deadlines and durations. Never goes back.
  virtual SteadyTime NowSteady() const = 0;
  // Waits until `condition` is notified or this clock has come to `deadline` (SteadyTime::max():
  // never). May return early, as every wait does: look at what you wait for in a loop.
  virtual void WaitUntil(Condition& condition, MutexLock& lock, SteadyTime deadline) const;

  // The machine's clocks. Lives for ever.
  static const Clock& System();
};

}  // namespace arc
