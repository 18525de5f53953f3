#include "data/ingest/line_protocol/precision.h"

#include <gtest/gtest.h>

#include <limits>

namespace arc::ingest {
namespace {

TEST(ParsePrecision, KnowsTheWordsOfBothVersions) {
  const auto parse = [](std::string_view word) { return ParsePrecision(word).value(); };
  for (const auto* word : {"", "n", "ns"}) EXPECT_EQ(parse(word), Precision::kNanoseconds);
  for (const auto* word : {"u", "us", "\u00b5s", "\u03bcs"}) {
    EXPECT_EQ(parse(word), Precision::kMicroseconds);
  }
  EXPECT_EQ(parse("ms"), Precision::kMilliseconds);
  EXPECT_EQ(parse("s"), Precision::kSeconds);
  EXPECT_EQ(parse("m"), Precision::kMinutes);
  EXPECT_EQ(parse("h"), Precision::kHours);
  EXPECT_EQ(parse("auto"), Precision::kAuto);
}

TEST(ParsePrecision, RefusesOthersByName) {
  for (const auto* word : {"NS", "S", "1s", "ns ", "nsx", "min", "Auto", "d", "0"}) {
    EXPECT_FALSE(ParsePrecision(word).ok()) << word;
  }
  const auto refused = ParsePrecision("days");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(
      refused.error().message.rfind("invalid precision \"days\": must be ns, us, ms, or s", 0), 0u)
      << refused.error().message;
}

// On either side of each limit, and the same before 1970.
TEST(ToMicros, AutoGoesByMagnitude) {
  const auto micros = [](std::int64_t timestamp) {
    std::int64_t result = 0;
    EXPECT_TRUE(ToMicros(timestamp, Precision::kAuto, result)) << timestamp;
    return result;
  };
  EXPECT_EQ(micros(0), 0);
  EXPECT_EQ(micros(9'999'999'999), 9'999'999'999'000'000);
  EXPECT_EQ(micros(10'000'000'000), 10'000'000'000'000);
  EXPECT_EQ(micros(9'999'999'999'999), 9'999'999'999'999'000);
  EXPECT_EQ(micros(10'000'000'000'000), 10'000'000'000'000);
  EXPECT_EQ(micros(9'999'999'999'999'999), 9'999'999'999'999'999);
  EXPECT_EQ(micros(10'000'000'000'000'000), 10'000'000'000'000);
  EXPECT_EQ(micros(-9'999'999'999), -9'999'999'999'000'000);
  EXPECT_EQ(micros(-10'000'000'000), -10'000'000'000'000);
  EXPECT_EQ(micros(-10'000'000'000'000'001), -10'000'000'000'001) << "floored";
  EXPECT_EQ(micros(std::numeric_limits<std::int64_t>::min()), -9'223'372'036'854'776);
}

TEST(ToMicros, RefusesWhatDoesNotFit) {
  std::int64_t micros = 5;
  const auto greatest = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(ToMicros(greatest, Precision::kMilliseconds, micros));
  EXPECT_FALSE(ToMicros(greatest / 3'600'000'000 + 1, Precision::kHours, micros));
  EXPECT_EQ(micros, 5);
  EXPECT_TRUE(ToMicros(greatest / 3'600'000'000, Precision::kHours, micros));
  EXPECT_TRUE(ToMicros(std::numeric_limits<std::int64_t>::min(), Precision::kNanoseconds, micros));
  EXPECT_EQ(micros, -9223372036854776);
}

TEST(Precision, AWordThatIsSpelledOutIsToldItsParameter) {
  const auto message = [](const char* word) { return ParsePrecision(word).error().message; };
  for (const auto& [word, meant] : {std::pair{"seconds", "s"},
                                    {"sec", "s"},
                                    {"S", "s"},
                                    {"millis", "ms"},
                                    {"MS", "ms"},
                                    {"nanosecond", "ns"},
                                    {"Microseconds", "us"},
                                    {"min", "m"},
                                    {"hour", "h"}}) {
    EXPECT_TRUE(message(word).ends_with(std::string("; did you mean ") + meant + "?"))
        << message(word);
  }
  for (const auto* word : {"x", "fortnight", "secondss", "se"}) {
    EXPECT_EQ(message(word).find("did you mean"), std::string::npos) << message(word);
  }
}

}  // namespace
}  // namespace arc::ingest
