#include "data/encoding/time_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "foundation/model/column_batch.h"

namespace arc::encoding {
namespace {

using ::testing::HasSubstr;

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
    EXPECT_FALSE(Text(text)) << text;
  }
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

TEST(TimeParser, DecimalFractionsAreExact) {
  EXPECT_EQ(Text("1704067200.123456"), kNewYear + 123'456);
  EXPECT_EQ(Text("1704067200.1234569999"), kNewYear + 123'456);
  EXPECT_EQ(Text("1704067200123.4567"), kNewYear + 123'456);
  EXPECT_EQ(Text("1704067200123456.7"), kNewYear + 123'456);
  EXPECT_EQ(Text("-0.0000001"), -1);
  EXPECT_EQ(Text("-1.5"), -1'500'000);
  EXPECT_EQ(Text("-1.0000005"), -1'000'001);
  EXPECT_EQ(Text(".5"), 500'000);
  EXPECT_EQ(Text("5."), 5'000'000);
  EXPECT_EQ(Text("1.7040672e9"), kNewYear);
  for (const auto* text : {".", "-", "-.", "1.2.3", "1.-2", "1.e3x", "--1", "+1"}) {
    EXPECT_FALSE(Text(text)) << text;
  }
  for (std::int64_t micros = 0; micros < 1'000'000; micros += 1'237) {
    auto parser = TimeParser::ForFormat("epoch_s").value();
    const auto seconds = 1'704'067'200 + static_cast<double>(micros) / 1e6;
    EXPECT_EQ(parser.FromDouble(seconds), kNewYear + micros);
  }
}

TEST(TimeParser, DatesWithoutSeparatorsAreDates) {
  EXPECT_EQ(Text("20240101"), kNewYear);
  EXPECT_EQ(Text("202401010001"), kNewYear + 60 * kSecond);
  EXPECT_EQ(Text("20240101000002"), kNewYear + 2 * kSecond);
  EXPECT_EQ(Text("20240101000002345"), kNewYear + 2'345'000);
  EXPECT_EQ(Text("20240101.0"), kNewYear);
  auto parser = TimeParser::ForFormat("").value();
  EXPECT_EQ(parser.FromInteger(20'240'101), kNewYear);
  EXPECT_EQ(parser.FromDouble(20'240'102.0), kNewYear + 86'400 * kSecond);
  EXPECT_FALSE(parser.FromInteger(20'240'132));
  EXPECT_EQ(parser.WhyNot("20240132"),
            "\"20240132\" is not a date, as the first number is one (20260301, or 20260301120000 "
            "with a time of day); time_format names the unit of counts since 1970 (epoch_s)");
  EXPECT_FALSE(parser.FromDouble(20'240'101.5));
  EXPECT_EQ(parser.FromText("2024-01-01"), kNewYear);
  EXPECT_EQ(TimeParser::ForFormat("epoch_s").value().FromInteger(20'240'101), 20'240'101 * kSecond);
}

// A guess would be a second of 1970.
TEST(TimeParser, WhatMayBeAnotherDateIsNotTaken) {
  for (const auto* text : {"2024", "1900", "2100", "202401", "202412", "2024010112", "01012024",
                           "31122024", "12312024", "1012024"}) {
    auto parser = TimeParser::ForFormat("").value();
    EXPECT_FALSE(parser.FromText(text)) << text;
    EXPECT_THAT(parser.WhyNot(text), HasSubstr("it may be a date, to be written with year, month"));
    EXPECT_TRUE(TimeParser::ForFormat("epoch_s").value().FromText(text)) << text;
  }
  for (const auto* text : {"46082.5", "46082", "20000", "79999.999"}) {
    auto parser = TimeParser::ForFormat("").value();
    EXPECT_FALSE(parser.FromText(text)) << text;
    EXPECT_THAT(parser.WhyNot(text), HasSubstr("it may be a day of a spreadsheet"));
    EXPECT_TRUE(TimeParser::ForFormat("epoch_s").value().FromText(text)) << text;
  }
  for (const auto* text : {"1899", "2101", "202413", "20241301", "2024.5", "-2024", "-46082",
                           "80000", "19999", "99992024", "1704067200"}) {
    EXPECT_TRUE(Text(text)) << text;
  }
  auto counts = TimeParser::ForFormat("").value();
  EXPECT_EQ(counts.FromInteger(0), 0);
  EXPECT_EQ(counts.FromInteger(2'024), 2'024 * kSecond);
  EXPECT_EQ(counts.FromInteger(20'240'101), 20'240'101 * kSecond);
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
  auto micros = TimeParser::ForFormat("epoch_us").value();
  EXPECT_EQ(micros.FromInteger(kTimeMax), kTimeMax);
  EXPECT_EQ(micros.FromInteger(kTimeMin), kTimeMin);
  EXPECT_FALSE(micros.FromInteger(kMax));  // SQL's infinity
  EXPECT_FALSE(micros.FromInteger(kTimeMin - 1));
  EXPECT_EQ(micros.WhyNot("9223372036854775807"),
            "\"9223372036854775807\" is outside the times that can be stored, 290309-12-22 BC to "
            "294247-01-10");
  auto nanos = TimeParser::ForFormat("epoch_ns").value();
  EXPECT_EQ(nanos.FromInteger(std::numeric_limits<std::int64_t>::min()), -9'223'372'036'854'776);
  EXPECT_EQ(nanos.FromText("18446744073709551615"), 18'446'744'073'709'551);
  EXPECT_FALSE(nanos.FromText("18446744073709551616"));
  EXPECT_FALSE(TimeParser::ForFormat("epoch_s").value().FromDouble(1e300));
}

}  // namespace
}  // namespace arc::encoding
