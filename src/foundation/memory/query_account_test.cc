#include "foundation/memory/query_account.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <thread>

#include "foundation/memory/thread_marks.h"

namespace arc::memory {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kLarge = QueryAccount::kSmallBytes;
constexpr std::size_t kSmall = QueryAccount::kSmallBytes - 4096;

TEST(QueryAccountTest, GivesEverythingToThreadsOfNobodysQuery) {
  QueryAccount account;
  account.SetLimit(kMebibyte);
  EXPECT_TRUE(account.Take(10 * kMebibyte));
  EXPECT_EQ(account.used(), 10 * kMebibyte);
  account.GiveBack(10 * kMebibyte);
  EXPECT_EQ(account.used(), 0U);
  EXPECT_EQ(account.peak(), 10 * kMebibyte);
}

TEST(QueryAccountTest, RefusesQueriesWhatIsOverTheLimitAndKeepsNothingOfIt) {
  QueryAccount account;
  account.SetLimit(3 * kLarge);
  const QueryScope scope;
  EXPECT_TRUE(account.Take(3 * kLarge));
  EXPECT_FALSE(account.Take(kLarge));
  EXPECT_EQ(account.used(), 3 * kLarge);
  account.GiveBack(kLarge);
  EXPECT_TRUE(account.Take(kLarge));
}

TEST(QueryAccountTest, SmallPiecesMayGoSomewhatAboveItAndThenSomeToEachThread) {
  constexpr auto kLine = 170 * kMebibyte;
  QueryAccount account;
  account.SetLimit(160 * kMebibyte);
  EXPECT_EQ(account.slack(), 10 * kMebibyte);
  const QueryScope scope;
  ASSERT_TRUE(account.Take(160 * kMebibyte));
  const auto take_all = [&account] {
    while (account.Take(kSmall)) {
    }
    return account.used();
  };
  EXPECT_FALSE(account.Take(kLarge));
  const auto after_one = take_all();
  EXPECT_GT(after_one, kLine + QueryAccount::kGraceBytes - 2 * kSmall);
  EXPECT_LE(after_one, kLine + QueryAccount::kGraceBytes);
  std::thread([&] {
    const QueryScope another;
    EXPECT_GT(take_all(), after_one) << "what others got is not this one's fault";
    EXPECT_LE(account.used(), kLine + 2 * QueryAccount::kGraceBytes);
  }).join();
  EXPECT_FALSE(account.Take(kSmall));
  account.CountRefusal();
  EXPECT_TRUE(account.Take(kSmall)) << "whoever was refused has to end";
  EXPECT_EQ(account.refusals(), 1U);
}

TEST(QueryAccountTest, GraceComesBackBelowTheLine) {
  QueryAccount account;
  account.SetLimit(160 * kMebibyte);
  const QueryScope scope;
  while (account.Take(kSmall)) {
  }
  const auto most = account.used();
  account.GiveBack(most);
  while (account.Take(kSmall)) {
  }
  EXPECT_EQ(account.used(), most);
}

TEST(QueryAccountTest, SlackHasBounds) {
  QueryAccount account;
  account.SetLimit(kMebibyte);
  EXPECT_EQ(account.slack(), 8 * kMebibyte);
  account.SetLimit(1'000'000 * kMebibyte);
  EXPECT_EQ(account.slack(), 256 * kMebibyte);
}

TEST(QueryAccountTest, WhoeverIsFailingGetsWhatItNeedsToFail) {
  QueryAccount account;
  account.SetLimit(kMebibyte);
  ASSERT_TRUE(account.Take(40 * kMebibyte));
  const QueryScope scope;
  struct InDestructor {
    ~InDestructor() { was_given = account.Take(kMebibyte); }
    QueryAccount& account;
    bool& was_given;
  };
  bool was_given = false;
  try {
    const InDestructor takes{account, was_given};
    throw std::bad_alloc();
  } catch (const std::bad_alloc&) {
    EXPECT_TRUE(account.Take(kMebibyte));
    EXPECT_FALSE(account.Take(2 * kMebibyte)) << "no message is as long";
  }
  EXPECT_TRUE(was_given);
  EXPECT_FALSE(account.Take(kMebibyte));
}

// A refused request of gigabytes must not count for a moment: others would be refused for it.
TEST(QueryAccountTest, WhatIsRefusedIsInNobodysWay) {
  QueryAccount account;
  account.SetLimit(kMebibyte);
  std::atomic<bool> is_done = false;
  std::thread greedy([&] {
    const QueryScope scope;
    while (!is_done) EXPECT_FALSE(account.Take(std::size_t{1} << 40));
  });
  {
    const QueryScope scope;
    for (int i = 0; i < 100'000; i++) {
      ASSERT_TRUE(account.Take(kLarge)) << i;
      account.GiveBack(kLarge);
    }
  }
  is_done = true;
  greedy.join();
}

TEST(ThreadMarksTest, ScopesNestAndEnd) {
  std::thread([] {
    EXPECT_FALSE(thread_marks.is_refusable);
    {
      const QueryScope outer;
      {
        const QueryScope inner;
        EXPECT_TRUE(thread_marks.is_refusable);
      }
      EXPECT_TRUE(thread_marks.is_refusable);
    }
    EXPECT_FALSE(thread_marks.is_refusable);
  }).join();
}

}  // namespace
}  // namespace arc::memory
