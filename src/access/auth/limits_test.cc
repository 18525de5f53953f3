// What may be asked how often: token buckets and policies.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "access/auth/policy_store.h"
#include "access/auth/rate_limiter.h"
#include "access/auth/request_limits.h"
#include "access/auth/token_store.h"
#include "access/auth/usage_meter.h"
#include "foundation/testing/temp_directory.h"

namespace arc::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return passed_.load() * 1000; }
  SteadyTime NowSteady() const override { return SteadyTime(milliseconds(passed_.load())); }
  void Pass(milliseconds time) { passed_ += time.count(); }

 private:
  // The beginning of a day.
  std::atomic<std::int64_t> passed_{std::int64_t{20'000} * 24 * 3'600'000};
};

TEST(RateLimiterTest, GivesTheBurstAtOnceAndThenTheRate) {
  FakeClock clock;
  RateLimiter limiter(10, 5, clock);
  for (int i = 0; i < 5; i++) EXPECT_FALSE(limiter.Take(1)) << i;
  EXPECT_EQ(limiter.Take(1), milliseconds(100));
  EXPECT_FALSE(limiter.Take(2));  // another key
  clock.Pass(milliseconds(100));
  EXPECT_FALSE(limiter.Take(1));
  EXPECT_TRUE(limiter.Take(1));
  clock.Pass(seconds(3600));
  for (int i = 0; i < 5; i++) EXPECT_FALSE(limiter.Take(1)) << i;
  EXPECT_TRUE(limiter.Take(1));
}

TEST(RateLimiterTest, ADebtIsPaidFirst) {
  FakeClock clock;
  RateLimiter limiter(1000, 1000, clock);
  EXPECT_FALSE(limiter.Take(1, 0));
  limiter.Charge(1, 5000);
  EXPECT_EQ(limiter.Take(1, 0.5), milliseconds(4001));
  clock.Pass(milliseconds(4001));
  EXPECT_FALSE(limiter.Take(1, 0.5));
}

TEST(RateLimiterTest, ForgetsTheKeyUsedLongestAgo) {
  FakeClock clock;
  RateLimiter limiter(1, 1, clock);
  for (std::uint64_t key = 0; key < 100'000; key++) EXPECT_FALSE(limiter.Take(key));
  EXPECT_EQ(limiter.key_count(), RateLimiter::kKeysMax);
  EXPECT_TRUE(limiter.Take(99'999));
  EXPECT_FALSE(limiter.Take(0));
}

TEST(UsageMeterTest, QueriesByTheHourAndTheDay) {
  FakeClock clock;
  UsageMeter meter(clock);
  const PolicyLimits limits{.queries_per_hour = 2, .queries_per_day = 3};
  EXPECT_FALSE(meter.CountQuery(1, limits) || meter.CountQuery(1, limits));
  clock.Pass(std::chrono::minutes(50));
  EXPECT_EQ(meter.CountQuery(1, limits)->retry_after, std::chrono::minutes(10));
  EXPECT_FALSE(meter.CountQuery(2, limits));
  clock.Pass(std::chrono::minutes(10));
  EXPECT_FALSE(meter.CountQuery(1, limits));
  EXPECT_EQ(meter.CountQuery(1, limits)->retry_after, std::chrono::hours(23));
  EXPECT_EQ(meter.UsageOf(1).queries_this_day, 3);
  EXPECT_EQ(meter.UsageOf(1).queries_this_hour, 1);
  clock.Pass(std::chrono::hours(23));
  EXPECT_FALSE(meter.CountQuery(1, limits));
}

TEST(UsageMeterTest, TheWindowOfRequestsSlides) {
  FakeClock clock;
  UsageMeter meter(clock);
  const PolicyLimits limits{.requests_per_minute = 60};
  for (int i = 0; i < 60; i++) EXPECT_FALSE(meter.CountRequest(1, limits)) << i;
  EXPECT_TRUE(meter.CountRequest(1, limits));
  clock.Pass(seconds(90));  // in the middle of the next minute: half of the 60 still count
  int allowed = 0;
  while (!meter.CountRequest(1, limits)) allowed++;
  EXPECT_EQ(allowed, 30);
}

TEST(UsageMeterTest, QueriesAreCountedWithoutALimitToo) {
  FakeClock clock;
  UsageMeter meter(clock);
  EXPECT_FALSE(meter.CountRequest(1, {}) || meter.CountQuery(1, {}));
  EXPECT_EQ(meter.UsageOf(1).queries_this_hour, 1);
  EXPECT_EQ(meter.UsageOf(1).requests_this_minute, 0) << "these cost nothing";
}

TEST(UsageMeterTest, AClockThatIsSetBackGivesNothingBack) {
  FakeClock clock;
  UsageMeter meter(clock);
  const PolicyLimits limits{.queries_per_hour = 1};
  clock.Pass(std::chrono::hours(2));
  EXPECT_FALSE(meter.CountQuery(1, limits));
  clock.Pass(-std::chrono::hours(1));
  EXPECT_TRUE(meter.CountQuery(1, limits));
}

TEST(UsageMeterTest, AClockThatWasFarAheadIsForgotten) {
  FakeClock clock;
  UsageMeter meter(clock);
  const PolicyLimits limits{.requests_per_minute = 60};
  clock.Pass(std::chrono::hours(2));
  for (int i = 0; i < 60; i++) EXPECT_FALSE(meter.CountRequest(1, limits)) << i;
  clock.Pass(-std::chrono::hours(2));
  EXPECT_TRUE(meter.CountRequest(1, limits)) << "a minute's worth is used up";
  clock.Pass(std::chrono::minutes(2));
  EXPECT_FALSE(meter.CountRequest(1, limits)) << "but two hours need not pass";
}

TEST(RequestLimitsTest, ANetworkOfIpv6CountsAsOneAddress) {
  FakeClock clock;
  Metrics metrics;
  RequestLimits limits({.failed_auth_per_minute = 2}, clock, metrics);
  EXPECT_FALSE(limits.CountFailure("2001:db8:1:2::1") || limits.CountFailure("2001:db8:1:2::ff"));
  EXPECT_TRUE(limits.CountFailure("2001:db8:1:2:3:4:5:6"));
  EXPECT_FALSE(limits.CountFailure("2001:db8:1:3::1")) << "another network";
  EXPECT_FALSE(limits.CountFailure("192.0.2.1") || limits.CountFailure("192.0.2.1"));
  EXPECT_TRUE(limits.CountFailure("192.0.2.1"));
  EXPECT_FALSE(limits.CountFailure("192.0.2.2")) << "IPv4 addresses are one each";
}

TEST(PolicyStoreTest, KeepsOnePolicyForAToken) {
  const testing::TempDirectory directory;
  FakeClock clock;
  const auto file = AuthFile::Open(fs::FileSystem::Local(), directory / "auth.db").TakeValue();
  const auto tokens = TokenStore::Open(*file, clock).TakeValue();
  ASSERT_TRUE(tokens->Create({.name = "t"}).ok());
  int changes = 0;
  const PolicyLimits defaults{.rows_per_query = 7};
  PolicyStore policies(*file, defaults, clock, [&] { changes++; });
  EXPECT_EQ(policies.LimitsOf(1).value(), defaults);
  const PolicyLimits limits{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(policies.Add(1, limits).value().limits, limits);
  EXPECT_EQ(policies.Add(1, limits).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(policies.Add(2, limits).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(policies.LimitsOf(1).value(), limits);
  EXPECT_EQ(policies.Change(1, {.rows_per_query = -1}).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(policies.Change(1, {.query_seconds = INT64_MAX}).error().code,
            ErrorCode::kInvalidInput);
  EXPECT_EQ(policies.Change(1, {.rows_per_query = 1}).value().token_name, "t");
  EXPECT_EQ(policies.List().value().size(), 1u);
  EXPECT_TRUE(policies.Remove(1).ok());
  EXPECT_EQ(policies.Remove(1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(changes, 3);
  ASSERT_TRUE(policies.Add(1, limits).ok());
  ASSERT_TRUE(tokens->Delete(1).ok());
  EXPECT_TRUE(policies.List().value().empty());
}

}  // namespace
}  // namespace arc::auth
