#include "query/execution/deadline_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

namespace arc::execution {
namespace {

using std::chrono::hours;
using std::chrono::steady_clock;

TEST(DeadlineWatchTest, CallsBackOnceWhenItPasses) {
  DeadlineWatch watch;
  std::promise<void> called;
  DeadlineWatch::Guard later(watch, steady_clock::now() + hours(1), [] { FAIL(); });
  DeadlineWatch::Guard now(watch, steady_clock::now(), [&] { called.set_value(); });
  called.get_future().wait();
}

TEST(DeadlineWatchTest, EarlierOnesOvertake) {
  DeadlineWatch watch;
  std::promise<void> called;
  DeadlineWatch::Guard never(watch, Clock::SteadyTime::max(), [] { FAIL(); });
  DeadlineWatch::Guard soon(watch, steady_clock::now() + std::chrono::milliseconds(1),
                            [&] { called.set_value(); });
  called.get_future().wait();
}

TEST(DeadlineWatchTest, NoCallAfterTheGuardIsGone) {
  DeadlineWatch watch;
  for (int i = 0; i < 2000; i++) {
    std::atomic<bool> is_alive{true};
    {
      DeadlineWatch::Guard guard(watch, steady_clock::now() + std::chrono::microseconds(i % 50),
                                 [&] { ASSERT_TRUE(is_alive); });
    }
    is_alive = false;
  }
}

}  // namespace
}  // namespace arc::execution
