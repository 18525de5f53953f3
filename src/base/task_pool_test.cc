#include "base/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace arc {
namespace {

TEST(TaskPoolTest, CloseRunsWhatIsQueued) {
  std::atomic<int> done{0};
  TaskPool pool("test", 2, 100);
  for (int i = 0; i < 100; i++) ASSERT_TRUE(pool.Submit([&] { done++; }).ok());
  pool.Close();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(pool.Submit([] {}).error().code, ErrorCode::kCancelled);
}

TEST(TaskPoolTest, FullQueueRefuses) {
  std::promise<void> started, release;
  TaskPool pool("test", 1, 1);
  ASSERT_TRUE(pool.Submit([&] {
                    started.set_value();
                    release.get_future().wait();
                  })
                  .ok());
  started.get_future().wait();
  ASSERT_TRUE(pool.Submit([] {}).ok());
  EXPECT_EQ(pool.Submit([] {}).error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(pool.waiting_count(), 1u);
  release.set_value();
}

}  // namespace
}  // namespace arc
