#include "foundation/time/time_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ctime>
#include <limits>
#include <random>

namespace arc {
namespace {

TEST(TimeTextTest, TrailingZerosAreLeftOut) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(1'767'225'600'000'000), "2026-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(250'000), "1970-01-01T00:00:00.25Z");
  EXPECT_EQ(Rfc3339(1), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(Rfc3339(951'782'400'000'000), "2000-02-29T00:00:00Z");
}

TEST(TimeTextTest, Nanoseconds) {
  std::string text;
  AppendRfc3339Nanos(text, 1'000'000'001);
  EXPECT_EQ(text, "1970-01-01T00:00:01.000000001Z");
}

TEST(TimeTextTest, YearsOutOfFourDigitsAndTheEndsOfTheRange) {
  EXPECT_EQ(Rfc3339(253'402'300'800'000'000), "+10000-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(-62'167'219'200'000'001), "-0001-12-31T23:59:59.999999Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<std::int64_t>::max()), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<std::int64_t>::min()), "-290308-12-21T19:59:05.224192Z");
}

TEST(TimeTextTest, AgreesWithTheCLibrary) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; i++) {
    const std::time_t seconds =
        static_cast<std::int64_t>(random() % 500'000'000'000) - 60'000'000'000;
    std::tm broken{};
    gmtime_r(&seconds, &broken);
    const int year = broken.tm_year + 1900;
    if (year < 0 || year > 9999) continue;
    const auto expected =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, broken.tm_mon + 1, broken.tm_mday,
                    broken.tm_hour, broken.tm_min, broken.tm_sec);
    ASSERT_EQ(Rfc3339(seconds * 1'000'000), expected);
  }
}

}  // namespace
}  // namespace arc
