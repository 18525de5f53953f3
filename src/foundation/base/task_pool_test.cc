#include "foundation/base/task_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "foundation/base/exception_error.h"

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

// The memory of a failed task is freed before the next task runs, so that what waits for it is
// told.
TEST(TaskPoolTest, AnExceptionEndsItsTaskAndNothingElse) {
  std::vector<Error> failures;
  auto held = std::make_shared<int>(1);
  {
    TaskPool pool("test", 1, 10, [&] { failures.push_back(ErrorOfException()); });
    auto bad_alloc = [copy = held] { throw std::bad_alloc(); };
    auto other = [] { throw std::runtime_error("a library's"); };
    auto none_of_the_library = [] { throw 1; };
    ASSERT_TRUE(pool.Submit(std::move(bad_alloc)).ok());
    ASSERT_TRUE(pool.Submit(other).ok());
    ASSERT_TRUE(pool.Submit(none_of_the_library).ok());
    std::atomic<bool> ran{false};
    ASSERT_TRUE(pool.Submit([&] { ran = true; }).ok());
    pool.Close();
    EXPECT_TRUE(ran);
    EXPECT_EQ(pool.failed_count(), 3u);
    EXPECT_EQ(held.use_count(), 1);
  }
  ASSERT_EQ(failures.size(), 3u);
  EXPECT_EQ(failures[0].code, ErrorCode::kOverloaded);
  EXPECT_EQ(failures[1].code, ErrorCode::kInternal);
  EXPECT_EQ(failures[1].detail, "BUG: a library's");
  EXPECT_EQ(failures[2].code, ErrorCode::kInternal);
}

TEST(TaskPoolTest, AListenerThatThrowsIsNoEndEither) {
  TaskPool pool("test", 1, 10, [] { throw std::runtime_error("again"); });
  ASSERT_TRUE(pool.Submit([] { throw std::bad_alloc(); }).ok());
  std::promise<void> ran;
  ASSERT_TRUE(pool.Submit([&] { ran.set_value(); }).ok());
  ran.get_future().wait();
}

}  // namespace
}  // namespace arc
