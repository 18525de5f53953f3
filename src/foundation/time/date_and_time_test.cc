#include "foundation/time/date_and_time.h"

#include <gtest/gtest.h>

#include "foundation/time/time_text.h"

namespace arc {
namespace {

TEST(ParseRfc3339Test, IsTheOtherWay) {
  for (const std::int64_t micros :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'767'225'600'123'456},
        std::int64_t{253'402'300'799'999'999}, std::int64_t{-62'167'219'200'000'000}}) {
    EXPECT_EQ(ParseRfc3339(Rfc3339(micros)), micros) << Rfc3339(micros);
  }
  EXPECT_EQ(ParseRfc3339("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:30:00.5-00:30"), 500'000);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00.123456789Z"), 123'456);
}

TEST(ParseRfc3339Test, TakesNothingElse) {
  for (const char* text :
       {"", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00z ", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+25:00",
        "-026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ"}) {
    EXPECT_FALSE(ParseRfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace arc
