#include "query/execution/query_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace arc::execution {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kSoon = std::chrono::seconds(30);  // long enough for a busy machine

// A query that is inside the engine until it is let out.
struct Guest {
  explicit Guest(QueryThreads& threads) : visits(threads, 7) {}

  // Call it from a task. The visit should be over after `stop_in`.
  static void Visit(const std::shared_ptr<Guest>& self, milliseconds stop_in) {
    const bool is_back = self->visits.Enter(
        steady_clock::now() + stop_in, self, [&guest = *self] { guest.given_up.set_value(); },
        [&] {
          self->entered.set_value();
          self->let_out.get_future().wait();
        });
    self->came_back.set_value(is_back);
  }

  QueryThreads::Visits visits;
  std::promise<void> entered;
  std::promise<void> let_out;
  std::promise<void> given_up;
  std::promise<bool> came_back;
};

class QueryThreadsTest : public testing::Test {
 protected:
  std::shared_ptr<Guest> Enter(QueryThreads& threads, milliseconds stop_in) {
    auto guest = std::make_shared<Guest>(threads);
    EXPECT_TRUE(threads.Submit([guest, stop_in] { Guest::Visit(guest, stop_in); }).ok());
    return guest;
  }
  template <class T>
  static bool IsDone(std::promise<T>& promise) {
    return promise.get_future().wait_for(kSoon) == std::future_status::ready;
  }
  // Those that were given up have come back: nothing is left behind.
  static bool ClosesComplete(QueryThreads& threads) {
    while (threads.lost_count() > 0) std::this_thread::yield();
    return threads.Close();
  }
  static bool RunsTasks(QueryThreads& threads) {
    auto done = std::make_shared<std::promise<void>>();
    return threads.Submit([done] { done->set_value(); }).ok() && IsDone(*done);
  }
};

TEST_F(QueryThreadsTest, RunsWhatIsQueuedBeforeItCloses) {
  QueryThreads threads({.thread_count = 2, .queue_max = 100});
  std::atomic<int> count = 0;
  for (int i = 0; i < 100; i++) ASSERT_TRUE(threads.Submit([&] { count++; }).ok());
  EXPECT_TRUE(threads.Close());
  EXPECT_EQ(count, 100);
  EXPECT_EQ(threads.Submit([] {}).error().code, ErrorCode::kCancelled);
}

TEST_F(QueryThreadsTest, RefusesWhatDoesNotFitIntoTheQueue) {
  QueryThreads threads({.thread_count = 1, .queue_max = 1});
  const auto guest = Enter(threads, kSoon);
  ASSERT_TRUE(IsDone(guest->entered));
  ASSERT_TRUE(threads.Submit([] {}).ok());
  EXPECT_EQ(threads.Submit([] {}).error().code, ErrorCode::kOverloaded);
  guest->let_out.set_value();
  EXPECT_TRUE(guest->came_back.get_future().get());
  EXPECT_TRUE(threads.Close());
}

TEST_F(QueryThreadsTest, GoesOnWithoutAThreadThatDoesNotComeBack) {
  QueryThreads threads({.thread_count = 1, .queue_max = 10, .patience = milliseconds(1)});
  const auto guest = Enter(threads, milliseconds(0));
  ASSERT_TRUE(IsDone(guest->given_up));
  EXPECT_EQ(threads.lost_count(), 1U);
  ASSERT_EQ(threads.lost_queries().size(), 1U);
  EXPECT_EQ(threads.lost_queries()[0].id, 7U);
  EXPECT_TRUE(RunsTasks(threads));
  guest->let_out.set_value();
  EXPECT_FALSE(guest->came_back.get_future().get()) << "the query belongs to another thread";
  EXPECT_EQ(threads.given_up_total(), 1U);
  EXPECT_TRUE(ClosesComplete(threads));
  EXPECT_TRUE(threads.lost_queries().empty());
}

TEST_F(QueryThreadsTest, HurriesAVisitThatHadMoreTime) {
  QueryThreads threads({.thread_count = 1, .queue_max = 10, .patience = milliseconds(1)});
  const auto guest = Enter(threads, std::chrono::hours(1));
  ASSERT_TRUE(IsDone(guest->entered));
  guest->visits.Hurry();
  EXPECT_TRUE(IsDone(guest->given_up));
  guest->let_out.set_value();
  EXPECT_FALSE(guest->came_back.get_future().get());
  EXPECT_TRUE(ClosesComplete(threads));
}

TEST_F(QueryThreadsTest, ClosesWithoutTheLost) {
  auto threads = std::make_unique<QueryThreads>(
      QueryThreads::Options{.thread_count = 2, .queue_max = 10, .patience = milliseconds(1)});
  const auto guest = Enter(*threads, milliseconds(0));
  ASSERT_TRUE(IsDone(guest->entered));
  EXPECT_FALSE(threads->Close()) << "what the lost thread uses must stay";
  guest->let_out.set_value();
  EXPECT_FALSE(guest->came_back.get_future().get());
  // The thread still looks for work, and finds that it is given up.
  while (threads->lost_count() > 0) std::this_thread::yield();
  static_cast<void>(threads.release());  // it may be at its last instructions
}

TEST_F(QueryThreadsTest, ReplacesNoMoreThanItMay) {
  QueryThreads threads(
      {.thread_count = 2, .queue_max = 10, .patience = milliseconds(1), .given_up_max = 1});
  std::vector<std::shared_ptr<Guest>> guests;
  for (int i = 0; i < 3; i++) {
    EXPECT_TRUE(RunsTasks(threads));
    guests.push_back(Enter(threads, milliseconds(0)));
    ASSERT_TRUE(IsDone(guests.back()->given_up));
  }
  const auto refused = threads.Submit([] {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  for (const auto& guest : guests) guest->let_out.set_value();
  for (const auto& guest : guests) EXPECT_FALSE(guest->came_back.get_future().get());
  EXPECT_TRUE(ClosesComplete(threads));
}

}  // namespace
}  // namespace arc::execution
