#include "ingest/line_protocol/precision.h"

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
}

TEST(ParsePrecision, RefusesOthersByName) {
  const auto refused = ParsePrecision("days");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(
      refused.error().message.rfind("invalid precision \"days\": must be ns, us, ms, or s", 0), 0u)
      << refused.error().message;
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

}  // namespace
}  // namespace arc::ingest
