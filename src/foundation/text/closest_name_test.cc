#include "foundation/text/closest_name.h"

#include <gtest/gtest.h>

#include <array>

namespace arc {
namespace {

TEST(ClosestName, IsTheNearestOfThoseThatAreNear) {
  const std::array<std::string, 3> names{"time_column", "time_format", "db"};
  EXPECT_EQ(DidYouMean("time_colum", names), " (did you mean 'time_column'?)");
  EXPECT_EQ(DidYouMean("timeformat", names), " (did you mean 'time_format'?)");
  EXPECT_EQ(DidYouMean("DB", names), " (did you mean 'db'?)");
  EXPECT_EQ(DidYouMean("colour", names), "");
  EXPECT_EQ(DidYouMean("", names), "");
  EXPECT_EQ(DidYouMean("x", {}), "");
}

TEST(ClosestName, OfTwoEquallyNearTheFirstIsTaken) {
  const std::array<std::string, 2> names{"abd", "abe"};
  EXPECT_EQ(DidYouMean("abc", names), " (did you mean 'abd'?)");
}

}  // namespace
}  // namespace arc
