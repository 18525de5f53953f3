#include "foundation/time/clock.h"

namespace arc {
namespace {

class SystemClock : public Clock {
 public:
  std::int64_t NowMicros() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
  }
  SteadyTime NowSteady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

void Clock::WaitUntil(Condition& condition, MutexLock& lock, SteadyTime deadline) const {
  if (deadline == SteadyTime::max()) {
    condition.Wait(lock);
  } else {
    condition.WaitUntil(lock, deadline);
  }
}

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

}  // namespace arc
