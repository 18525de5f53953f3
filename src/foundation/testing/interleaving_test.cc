#include "foundation/testing/interleaving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/base/mutex.h"

namespace arc::testing {
namespace {

using ::testing::HasSubstr;

struct Account {
  Mutex mutex;
  Condition changed;
  int balance GUARDED_BY(mutex) = 0;

  int Read() {
    MutexLock lock(mutex);
    return balance;
  }
  void Write(int value) {
    MutexLock lock(mutex);
    balance = value;
    changed.NotifyAll();
  }
};

// What was read under one lock is written under another: one of two deposits is lost.
std::string DepositTwice(Interleaving& order) {
  Account account;
  order.Watch(&account, sizeof account);
  for (const char* name : {"a", "b"}) {
    order.Start(name, [&account] { account.Write(account.Read() + 1); });
  }
  order.RunUntilIdle();
  return account.Read() == 2 ? "" : "a deposit is lost";
}

TEST(InterleavingTest, WhatIsReadUnderOneLockAndWrittenUnderAnotherIsFound) {
  const auto explored = ExploreInterleavings({.preemptions_max = 1}, DepositTwice);
  EXPECT_THAT(explored.problem, HasSubstr("a deposit is lost"));
  EXPECT_THAT(explored.problem, HasSubstr("order: a"));
}

TEST(InterleavingTest, WithoutPreemptionsEachThreadRunsThrough) {
  const auto explored = ExploreInterleavings({.preemptions_max = 0}, DepositTwice);
  EXPECT_EQ(explored.problem, "");
  EXPECT_TRUE(explored.is_complete);
  EXPECT_EQ(explored.run_count, 2u);  // a before b, b before a
}

// Two threads of three parts each (it begins; two locks): 6 choose 3 orders.
TEST(InterleavingTest, EveryOrderIsSeenOnce) {
  std::size_t lost_count = 0;
  const auto explored = ExploreInterleavings({.preemptions_max = 100}, [&](Interleaving& order) {
    if (!DepositTwice(order).empty()) lost_count++;
    return std::string();
  });
  EXPECT_TRUE(explored.is_complete);
  EXPECT_EQ(explored.run_count, 20u);
  EXPECT_GT(lost_count, 0u);
}

// A deadline is reached when nobody else can go on, or when somebody moves the clock.
TEST(InterleavingTest, AWaitEndsByNotificationOrByDeadline) {
  int notified_count = 0;
  int late_count = 0;
  const auto explored = ExploreInterleavings({}, [&](Interleaving& order) {
    Account account;
    order.Watch(&account, sizeof account);
    order.Start("waiter", [&] {
      const auto deadline = order.clock().NowSteady() + std::chrono::seconds(5);
      MutexLock lock(account.mutex);
      while (account.balance == 0) {
        if (account.changed.WaitUntil(lock, deadline) == std::cv_status::timeout) break;
      }
      account.balance > 0 ? notified_count++ : late_count++;
    });
    order.Start("writer", [&] { account.Write(1); });
    order.Start("clock", [&] { order.Advance(std::chrono::seconds(5)); });
    order.RunUntilIdle();
    return std::string();
  });
  EXPECT_EQ(explored.problem, "");
  EXPECT_GT(notified_count, 0);
  EXPECT_GT(late_count, 0);
}

TEST(InterleavingTest, TwoLocksTakenInTwoOrdersAreFound) {
  Explored explored;
  EXPECT_DEATH(explored = ExploreInterleavings({},
                                               [](Interleaving& order) {
                                                 Mutex first;
                                                 Mutex second;
                                                 order.Watch(&first, sizeof first);
                                                 order.Watch(&second, sizeof second);
                                                 const auto take = [](Mutex& a, Mutex& b) {
                                                   MutexLock lock(a);
                                                   MutexLock inner(b);
                                                 };
                                                 order.Start("up", [&] { take(first, second); });
                                                 order.Start("down", [&] { take(second, first); });
                                                 order.RunUntilIdle();
                                                 return std::string();
                                               }),
               "down takes a lock");
}

}  // namespace
}  // namespace arc::testing
