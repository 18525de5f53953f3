#include "foundation/time/day_text.h"

#include <gtest/gtest.h>

#include "foundation/time/time_text.h"

namespace arc {
namespace {

TEST(ParseDay, DatesOfAnyYear) {
  EXPECT_EQ(ParseDay("1970-01-01"), 0);
  EXPECT_EQ(ParseDay("+1970-01-02"), 86'400'000'000);
  EXPECT_EQ(Rfc3339(*ParseDay("-20000-01-01")), "-20000-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(*ParseDay("0000-02-29")), "0000-02-29T00:00:00Z");
  EXPECT_EQ(Rfc3339(*ParseDay("32767-12-31")), "+32767-12-31T00:00:00Z");
  for (const auto* text : {"", "-", "1970", "1970-1-1", "1970-13-01", "1970-02-29", "1970-00-10",
                           "70-01-01", "1970-01-01T00:00:00Z", "40000-01-01", "--970-01-01",
                           "1970/01/01", "1970-01-0x", "+-970-01-01", " 1970-01-01"}) {
    EXPECT_FALSE(ParseDay(text)) << text;
  }
}

}  // namespace
}  // namespace arc
