#include "foundation/time/duration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace arc {
namespace {

using std::chrono::seconds;

TEST(DurationTest, Units) {
  EXPECT_EQ(ParseDuration("90s"), seconds(90));
  EXPECT_EQ(ParseDuration("5m"), seconds(300));
  EXPECT_EQ(ParseDuration("24h"), seconds(86'400));
  EXPECT_EQ(ParseDuration("7d"), seconds(604'800));
  EXPECT_EQ(ParseDuration("2w"), seconds(1'209'600));
  EXPECT_EQ(ParseDuration("0s"), seconds(0));
}

// Beside the pattern of the contract.
TEST(DurationTest, EveryTextOfThreeCharacters) {
  const auto is_one = [](const std::string& text) {  // ^\d+[smhdw]$
    return text.size() >= 2 && std::string("smhdw").find(text.back()) != std::string::npos &&
           std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::string letters = "09smhdwx-+ .S\n";
  for (const char a : letters) {
    for (const char b : letters) {
      for (const char c : letters) {
        for (const std::string& text : {std::string{a}, std::string{a, b}, std::string{a, b, c}}) {
          ASSERT_EQ(ParseDuration(text).has_value(), is_one(text)) << text;
        }
      }
    }
  }
}

TEST(DurationTest, TooLongIsNone) {
  EXPECT_EQ(ParseDuration("99999999999999999999s"), std::nullopt);
  EXPECT_EQ(ParseDuration("9223372036854775807w"), std::nullopt);
  EXPECT_EQ(ParseDuration("6000w"), std::nullopt);
  EXPECT_TRUE(ParseDuration("5000w").has_value());
}

}  // namespace
}  // namespace arc
