// Time that stands still until a test moves it.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "foundation/time/clock.h"

namespace arc::testing {

// Threads: any.
class ManualClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return kStartMicros + moved_ns_ / 1'000; }
  SteadyTime NowSteady() const override {
    return SteadyTime(std::chrono::seconds(1'000)) + std::chrono::nanoseconds(moved_ns_);
  }
  void Advance(std::chrono::nanoseconds by) { moved_ns_ += by.count(); }

  // Ends every millisecond: nothing tells the machine when this clock has been moved.
  void WaitUntil(Condition& condition, MutexLock& lock, SteadyTime deadline) const override {
    if (last_deadline_.exchange(deadline) != deadline) deadline_count_++;
    if (NowSteady() >= deadline) return;
    condition.WaitUntil(lock, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  }
  // How often a wait had another deadline than the wait before it. Of use with one thread that
  // waits.
  std::uint64_t deadline_count() const { return deadline_count_; }

 private:
  static constexpr std::int64_t kStartMicros = 1'700'000'000'000'000;  // 2023-11-14

  std::atomic<std::int64_t> moved_ns_{0};
  mutable std::atomic<SteadyTime> last_deadline_{SteadyTime::min()};
  mutable std::atomic<std::uint64_t> deadline_count_{0};
};

}  // namespace arc::testing
