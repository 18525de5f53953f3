#include "foundation/model/time_limits.h"

#include <gtest/gtest.h>

namespace arc {
namespace {

constexpr std::int64_t kNow = 1'796'000'000'000'000;  // 2026-11-30
constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kTenYears = 315'576'000'000'000;

TEST(TimeRule, EndsAreAllowed) {
  const auto limits = TimeRule{-5, kDay}.At(kNow);
  EXPECT_TRUE(limits.Allow(-5));
  EXPECT_FALSE(limits.Allow(-6));
  EXPECT_TRUE(limits.Allow(kNow + kDay));
  EXPECT_FALSE(limits.Allow(kNow + kDay + 1));
}

TEST(TimeRule, WithoutLimitsWhatCanBeStoredIsAllowed) {
  const auto limits = TimeRule{}.At(kNow);
  EXPECT_TRUE(limits.Allow(kTimeMin));
  EXPECT_TRUE(limits.Allow(kTimeMax));
  const auto of_a_wild_clock = TimeRule{kTimeMin, kTenYears}.At(kTimeMax);
  EXPECT_TRUE(of_a_wild_clock.Allow(kTimeMax));
}

TEST(TimeRule, AClockThatIsWrongItselfLimitsNothing) {
  for (const std::int64_t now : {std::int64_t{0}, std::int64_t{1'577'836'799'999'999}}) {
    EXPECT_TRUE((TimeRule{kTimeMin, kDay}.At(now).Allow(kNow))) << now;
  }
  EXPECT_FALSE((TimeRule{kTimeMin, kDay}.At(1'577'836'800'000'000).Allow(kNow)));
}

TEST(TimeLimits, TheLikelyUnitIsTheOneThatGivesTheseDays) {
  EXPECT_EQ(LikelyUnitOf(1.7723232e9, kNow), "seconds");
  EXPECT_EQ(LikelyUnitOf(1.7723232e12, kNow), "milliseconds");
  EXPECT_EQ(LikelyUnitOf(1.7723232e15, kNow), "microseconds");
  EXPECT_EQ(LikelyUnitOf(1.7723232e18, kNow), "nanoseconds");
  for (const double number : {0.0, 1.0, -1.7e9, -2.5e12, 4e10, 9e300, -9e300}) {
    EXPECT_EQ(LikelyUnitOf(number, kNow), "") << number;
  }
}

TEST(TimeLimits, TheRefusalNamesTimeSettingAndHint) {
  const auto limits = TimeRule{-kTenYears, kTenYears}.At(kNow);
  EXPECT_EQ(
      TimeRefusal(1'772'323'200'000'000'000, limits, "why?").message,
      "the time +58132-09-08T00:00:00Z is more than 10 years ahead (ingest.max_future): why?");
  EXPECT_EQ(TimeRefusal(-kTenYears - 1, limits, "").message,
            "the time 1960-01-01T11:59:59.999999Z is before 1960-01-01T12:00:00Z "
            "(ingest.min_time)");
  EXPECT_EQ(TimeRefusal(0, limits, "").kind, RefusalKind::kTime);
  const auto narrow = TimeRule{kTimeMin, kDay * 3 / 2}.At(kNow);
  EXPECT_NE(TimeRefusal(kNow + kDay * 9, narrow, "").message.find("more than 36 hours ahead"),
            std::string::npos);
}

TEST(TimeLimits, OfATimeAloneTheHintIsFoundByTrying) {
  const auto limits = TimeRule{kTimeMin, kTenYears}.At(kNow);
  EXPECT_NE(TimeRefusal(1'772'323'200'000'000'000, limits)
                .message.find("in a unit 1000 times finer it would be 2026-03-01T00:00:00Z"),
            std::string::npos);
  EXPECT_NE(TimeRefusal(kNow + 2 * kTenYears, limits).message.find("is it right"),
            std::string::npos);
}

}  // namespace
}  // namespace arc
