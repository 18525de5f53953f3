#include "foundation/memory/memory_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/base/metrics.h"

namespace arc::memory {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

class MemoryWatchTest : public ::testing::Test {
 protected:
  void Look(std::uint64_t resident_mebibytes) {
    resident_ = resident_mebibytes * kMebibyte;
    watch_.Look();
  }
  std::uint64_t QueryLimit() const { return account_.limit() / kMebibyte; }

  std::uint64_t resident_ = 0;
  int given_back_ = 0;
  QueryAccount account_;
  Metrics metrics_;
  MemoryWatch watch_{{.limit_bytes = 1000 * kMebibyte, .query_bytes = 500 * kMebibyte},
                     account_,
                     [this] { return resident_; },
                     [this] { given_back_++; },
                     metrics_};
};

TEST_F(MemoryWatchTest, QueriesHaveTheirShareWhileTheRestIsSmall) {
  Look(100);
  EXPECT_EQ(QueryLimit(), 500U);
  Look(500);
  EXPECT_EQ(QueryLimit(), 500U);
}

TEST_F(MemoryWatchTest, WhatTheRestTakesAboveItsSharesQueriesDoNotGet) {
  Look(700);
  EXPECT_EQ(QueryLimit(), 300U);
  Look(600);
  EXPECT_EQ(QueryLimit(), 400U) << "and get again when it is free";
}

TEST_F(MemoryWatchTest, WhatQueriesHoldIsNotTheRest) {
  ASSERT_TRUE(account_.Take(450 * kMebibyte));
  Look(850);
  EXPECT_EQ(QueryLimit(), 500U);
  Look(950);
  EXPECT_EQ(QueryLimit(), 500U);
  Look(960);
  EXPECT_EQ(QueryLimit(), 490U);
}

TEST_F(MemoryWatchTest, PagesThatWereNeverTouchedAreNotResident) {
  ASSERT_TRUE(account_.Take(450 * kMebibyte));
  Look(100);
  EXPECT_EQ(QueryLimit(), 500U);
}

TEST_F(MemoryWatchTest, ASmallQueryAlwaysWorks) {
  Look(1500);
  EXPECT_EQ(QueryLimit(), 32U);
}

TEST_F(MemoryWatchTest, OverTheLimitMemoryIsGivenBackOnceASecond) {
  Look(1000);
  EXPECT_FALSE(watch_.is_over_limit());
  EXPECT_EQ(given_back_, 0);
  for (int i = 0; i < 10; i++) Look(1001);
  EXPECT_TRUE(watch_.is_over_limit());
  EXPECT_EQ(given_back_, 1);
  Look(1001);
  EXPECT_EQ(given_back_, 2);
  Look(999);
  EXPECT_FALSE(watch_.is_over_limit());
}

TEST_F(MemoryWatchTest, HealthHearsOfItWhenTheLimitIsNear) {
  Look(900);
  EXPECT_FALSE(watch_.Problem());
  Look(960);
  EXPECT_THAT(watch_.Problem().value_or(""), HasSubstr("960 MiB of the 1000 MiB"));
  EXPECT_THAT(watch_.Problem().value_or(""), HasSubstr("queries that need more are refused"));
  Look(1100);
  EXPECT_THAT(watch_.Problem().value_or(""), HasSubstr("writes and queries are refused"));
}

TEST_F(MemoryWatchTest, WithoutANumberFromTheSystemQueriesHaveTheirShare) {
  Look(0);
  EXPECT_EQ(QueryLimit(), 500U);
  EXPECT_FALSE(watch_.Problem());
}

TEST_F(MemoryWatchTest, MetricsShowIt) {
  Look(123);
  EXPECT_THAT(metrics_.PrometheusText(), HasSubstr("arc_memory_resident_bytes 128974848"));
  EXPECT_THAT(metrics_.PrometheusText(), HasSubstr("arc_memory_limit_bytes 1048576000"));
  EXPECT_THAT(metrics_.PrometheusText(), HasSubstr("arc_memory_refusals_total 0"));
}

}  // namespace
}  // namespace arc::memory
