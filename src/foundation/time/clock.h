// The two clocks of the server. Code gets them from outside, so that tests decide what time it is.

#pragma once

#include <chrono>
#include <cstdint>

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

  // The machine's clocks. Lives for ever.
  static const Clock& System();
};

}  // namespace arc
