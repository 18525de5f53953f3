#include "storage/time_parser.h"

#include <gtest/gtest.h>

#include <limits>

namespace arc::storage {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNewYear = 1'704'067'200 * kSecond;  // 2024-01-01T00:00:00Z

std::optional<std::int64_t> Text(std::string_view text) {
  return TimeParser::ForFormat("").value().FromText(text);
}

TEST(TimeParser, ReadsDatesAndTimes) {
  EXPECT_EQ(Text("2024-01-01"), kNewYear);
  EXPECT_EQ(Text("2024/01/01"), kNewYear);
  EXPECT_EQ(Text("2024-01-01T00:00:00Z"), kNewYear);
  EXPECT_EQ(Text("2024-01-01t00:00:00z"), kNewYear);
  EXPECT_EQ(Text("2024-01-01 00:01"), kNewYear + 60 * kSecond);
  EXPECT_EQ(Text("2024/01/01 00:01"), kNewYear + 60 * kSecond);
  EXPECT_EQ(Text("2024-01-01T02:00:00.5+02:00"), kNewYear + kSecond / 2);
  EXPECT_EQ(Text("2023-12-31T19:30:00-04:30"), kNewYear);
  EXPECT_EQ(Text("2024-01-01 00:00:00.123456789"), kNewYear + 123'456);
  EXPECT_EQ(Text("2024-02-29T23:59:59.999999Z"), kNewYear + 60 * 86'400 * kSecond - 1);
  EXPECT_EQ(Text("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(Text("0001-01-01"), -62'135'596'800 * kSecond);
}

TEST(TimeParser, RefusesWhatIsNoTime) {
  for (const auto* text : {"",
                           " ",
                           "noon",
                           "2024",
                           "2024-1-1x",
                           "2024-13-01",
                           "2024-02-30",
                           "2023-02-29",
                           "2024-01-01T",
                           "2024-01-01T24:00:00",
                           "2024-01-01T00:60",
                           "2024-01-01T00:00:60",
                           "2024-01-01T00:00:00.",
                           "2024-01-01T00:00:00+2:00",
                           "2024-01-01T00:00:00Zx",
                           "2024-01-01Z",
                           "2024-01/01",
                           "nan",
                           "inf",
                           " 2024-01-01"}) {
    if (std::string_view(text) == "2024") continue;  // a number
    EXPECT_FALSE(Text(text)) << text;
  }
  EXPECT_EQ(Text("2024"), 2024 * kSecond);
}

// A good text cut anywhere is either a shorter good text or refused, never misread.
TEST(TimeParser, CutAnywhereItIsShorterOrRefused) {
  const std::string_view whole = "2024-01-01T00:00:00.000000+00:00";
  for (std::size_t length = 5; length < whole.size(); length++) {
    const auto micros = Text(whole.substr(0, length));
    if (micros) {
      EXPECT_EQ(*micros, kNewYear) << whole.substr(0, length);
    }
  }
}

TEST(TimeParser, TellsTheUnitOfNumbersByTheirSize) {
  EXPECT_EQ(Text("1704067200"), kNewYear);
  EXPECT_EQ(Text("1704067200000"), kNewYear);
  EXPECT_EQ(Text("1704067200000000"), kNewYear);
  EXPECT_EQ(Text("1704067200000000999"), kNewYear);
  EXPECT_EQ(Text("-1"), -kSecond);
  EXPECT_EQ(Text("1704067200.25"), kNewYear + kSecond / 4);
}

TEST(TimeParser, TheFirstNumberDecidesForTheColumn) {
  auto parser = TimeParser::ForFormat("").value();
  EXPECT_EQ(parser.FromInteger(1'704'067'200'000), kNewYear);
  EXPECT_EQ(parser.FromInteger(1), 1'000);
}

TEST(TimeParser, AFormatDecidesAlways) {
  EXPECT_EQ(TimeParser::ForFormat("epoch_s").value().FromInteger(20'000'000'000),
            20'000'000'000 * kSecond);
  EXPECT_EQ(TimeParser::ForFormat("epoch_ms").value().FromInteger(-1), -1'000);
  EXPECT_EQ(TimeParser::ForFormat("epoch_us").value().FromText("7"), 7);
  EXPECT_EQ(TimeParser::ForFormat("epoch_ns").value().FromInteger(-1), -1);
  EXPECT_EQ(TimeParser::ForFormat("epoch_ns").value().FromInteger(1'999), 1);
  EXPECT_EQ(TimeParser::ForFormat("epoch_h").error().code, ErrorCode::kInvalidInput);
}

TEST(TimeParser, RefusesWhatDoesNotFit) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(TimeParser::ForFormat("epoch_s").value().FromInteger(kMax));
  EXPECT_EQ(TimeParser::ForFormat("epoch_us").value().FromInteger(kMax), kMax);
  EXPECT_FALSE(TimeParser::ForFormat("epoch_s").value().FromDouble(1e300));
}

}  // namespace
}  // namespace arc::storage
