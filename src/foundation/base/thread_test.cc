#include "foundation/base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <new>

namespace arc {
namespace {

TEST(ThreadTest, HasItsName) {
  std::array<char, 32> name{};
  Thread thread("a name of more than fifteen",
                [&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  ASSERT_TRUE(thread.joinable());
  thread.Join();
  EXPECT_FALSE(thread.joinable());
  EXPECT_STREQ(name.data(), "a name of more ");
}

// An exception ends the thread, not the process, and /health shows the first one.
TEST(ThreadTest, AnExceptionIsKept) {
  const auto before = FailedThreadCount();
  Thread("first", [] { throw std::bad_alloc(); }).Join();
  Thread("second", [] { throw 2; }).Join();
  EXPECT_EQ(FailedThreadCount(), before + 2);
  EXPECT_EQ(FirstThreadFailure(), "first: std::bad_alloc");
}

}  // namespace
}  // namespace arc
