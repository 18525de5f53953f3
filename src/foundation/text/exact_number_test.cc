#include "foundation/text/exact_number.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <random>
#include <string>

#include "foundation/text/parse_number.h"

namespace arc {
namespace {

bool Keeps(const std::string& text) { return FloatKeeps(ParseNumber<double>(text).value(), text); }

TEST(ExactNumber, AFloatKeepsFifteenDigitsAndItsOwn) {
  for (const auto* text : {"0",
                           "-0.0",
                           "0.1",
                           "21.5",
                           "123456789012345",
                           "0.000000123456789012345",
                           "1.5e300",
                           "100000000000000000000",
                           "9007199254740992",
                           "9007199254740994",
                           "0.30000000000000004",
                           "0.10000000000000001",
                           "0.1000000000000000055511151231257827",
                           "1.7976931348623157e308",
                           "5e-324",
                           "4.9406564584124654e-324",
                           "0.50000000000000000000000000000000",
                           "inf",
                           "-inf",
                           "0000000000000000000000000001",
                           "18446744073709551616"}) {
    EXPECT_TRUE(Keeps(text)) << text;
  }
}

TEST(ExactNumber, AFloatLosesWhatIsLonger) {
  for (const auto* text : {"12345678901234567890.12", "99999999999999999.99", "9007199254740993",
                           "9007199254740992.5", "12345678901234567890", "0.1234567890123456789",
                           "3e-324", "1.23456789e-320", "18446744073709551615"}) {
    EXPECT_FALSE(Keeps(text)) << text;
  }
  EXPECT_FALSE(FloatKeeps(0.1, "0.1" + std::string(10'000, '0') + "1"));
}

TEST(ExactNumber, OfIntegers) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_TRUE(FloatKeeps(std::int64_t{0}));
  EXPECT_TRUE(FloatKeeps(kMin));
  EXPECT_FALSE(FloatKeeps(kMax));
  EXPECT_FALSE(FloatKeeps(kMin + 1));
  EXPECT_TRUE(FloatKeeps(std::int64_t{1} << 53));
  EXPECT_FALSE(FloatKeeps((std::int64_t{1} << 53) + 1));
}

// The slow way: printf writes what the float is.
TEST(ExactNumber, IsWhatPrintfSays) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  int lost_count = 0;
  for (int i = 0; i < 20'000; i++) {
    const auto decimals = static_cast<int>(random() % 19);
    const auto integer = random() >> (1 + random() % 62);
    auto text = fmt::format("{}7", 1 + integer);  // a 0 at the end would not count
    if (const auto whole = static_cast<int>(text.size()) - decimals; whole > 0) {
      const auto at = static_cast<std::size_t>(whole);
      text = fmt::format("{}.{}", text.substr(0, at), text.substr(at));
    }
    char written[64];
    const auto point = text.find('.');
    std::snprintf(written, sizeof(written), "%.*f",
                  point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1),
                  ParseNumber<double>(text).value());
    if (text.ends_with('.')) text.pop_back();
    EXPECT_EQ(Keeps(text), written == text) << text << " is " << written;
    lost_count += written == text ? 0 : 1;
  }
  EXPECT_GT(lost_count, 100);
}

}  // namespace
}  // namespace arc
