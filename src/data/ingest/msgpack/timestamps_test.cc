#include "data/ingest/msgpack/timestamps.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>

#include "foundation/testing/msgpack_writer.h"

namespace arc::ingest::msgpack {
namespace {

using arc::testing::MsgpackWriter;

std::optional<std::int64_t> MicrosOf(const MsgpackWriter& written,
                                     std::optional<TimeUnit> unit = std::nullopt) {
  Reader reader(written.bytes());
  Value value;
  std::int64_t micros = 0;
  EXPECT_TRUE(reader.ReadWhole(0, value));
  if (!ToMicros(value, unit.value_or(DetectUnit(value)), micros)) return std::nullopt;
  return micros;
}

std::optional<std::int64_t> MicrosOfInt(std::int64_t number) {
  return MicrosOf(MsgpackWriter().Int(number));
}

TEST(TimestampsTest, TheSizeTellsTheUnit) {
  EXPECT_EQ(MicrosOfInt(0), 0);
  EXPECT_EQ(MicrosOfInt(1), 1'000'000);
  EXPECT_EQ(MicrosOfInt(9'999'999'999), 9'999'999'999'000'000);
  EXPECT_EQ(MicrosOfInt(10'000'000'000), 10'000'000'000'000);
  EXPECT_EQ(MicrosOfInt(9'999'999'999'999), 9'999'999'999'999'000);
  EXPECT_EQ(MicrosOfInt(10'000'000'000'000), 10'000'000'000'000);
  EXPECT_EQ(MicrosOfInt(9'999'999'999'999'999), 9'999'999'999'999'999);
  EXPECT_EQ(MicrosOfInt(10'000'000'000'000'000), 10'000'000'000'000);
  EXPECT_EQ(MicrosOfInt(INT64_MAX), INT64_MAX / 1000);
  EXPECT_EQ(MicrosOfInt(-1), -1'000'000);
  EXPECT_EQ(MicrosOfInt(-10'000'000'000), -10'000'000'000'000);
  EXPECT_EQ(MicrosOfInt(INT64_MIN), INT64_MIN / 1000 - 1);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Unsigned(UINT64_MAX)), 18'446'744'073'709'551);
}

TEST(TimestampsTest, NanosecondsAreFloored) {
  EXPECT_EQ(MicrosOfInt(1'700'000'000'000'000'999), 1'700'000'000'000'000);
  EXPECT_EQ(MicrosOfInt(-1'700'000'000'000'000'001), -1'700'000'000'000'001);
  EXPECT_EQ(MicrosOfInt(-1'700'000'000'000'000'000), -1'700'000'000'000'000);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Int(-1), TimeUnit::kNanoseconds), -1);
}

TEST(TimestampsTest, FloatsMayHaveFractions) {
  EXPECT_EQ(MicrosOf(MsgpackWriter().Double(1.5)), 1'500'000);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Double(-0.00000025)), -1);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Float(-2.5f)), -2'500'000);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Double(1.7e12)), 1'700'000'000'000'000);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Double(1.7e15)), 1'700'000'000'000'000);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Double(1.7e18)), 1'700'000'000'000'000);
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  for (const double bad :
       {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), 1e300, 9.3e21}) {
    EXPECT_EQ(MicrosOf(MsgpackWriter().Double(bad)), std::nullopt) << bad;
  }
}

TEST(TimestampsTest, OverflowIsSeen) {
  const auto one_too_many = MsgpackWriter().Int(INT64_MAX / 1'000'000 + 1);
  EXPECT_EQ(MicrosOf(one_too_many, TimeUnit::kSeconds), std::nullopt);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Int(INT64_MAX / 1'000'000), TimeUnit::kSeconds),
            INT64_MAX / 1'000'000 * 1'000'000);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Int(INT64_MIN), TimeUnit::kMilliseconds), std::nullopt);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Unsigned(UINT64_MAX), TimeUnit::kMicroseconds), std::nullopt);
}

MsgpackWriter Extension(std::uint64_t value, int bytes, std::uint64_t more = 0,
                        int more_bytes = 0) {
  const auto data = MsgpackWriter().BigEndian(value, bytes).BigEndian(more, more_bytes);
  return MsgpackWriter().Extension(-1, data.bytes());
}

TEST(TimestampsTest, MessagePacksOwnTimestamps) {
  EXPECT_EQ(MicrosOf(Extension(1'700'000'000, 4)), 1'700'000'000'000'000);
  EXPECT_EQ(MicrosOf(Extension(UINT32_MAX, 4)), std::int64_t{UINT32_MAX} * 1'000'000);
  const auto nanos = std::uint64_t{999'999'999} << 34;
  EXPECT_EQ(MicrosOf(Extension(nanos | 5, 8)), 5'999'999);
  EXPECT_EQ(MicrosOf(Extension(nanos | 0x3FFFFFFFF, 8)), 0x3FFFFFFFF * 1'000'000 + 999'999);
  EXPECT_EQ(MicrosOf(Extension(1'999, 4, static_cast<std::uint64_t>(-1), 8)), -999'999);
  EXPECT_EQ(MicrosOf(Extension(std::uint64_t{1'000'000'000} << 34, 8)), std::nullopt);
  EXPECT_EQ(MicrosOf(Extension(1'000'000'000, 4, 0, 8)), std::nullopt);
  EXPECT_EQ(MicrosOf(Extension(0, 4, INT64_MAX, 8)), std::nullopt);
  EXPECT_EQ(MicrosOf(Extension(0, 2)), std::nullopt);
  EXPECT_EQ(MicrosOf(MsgpackWriter().Extension(1, "abcd")), std::nullopt);
}

TEST(TimestampsTest, OtherValuesAreNoTimes) {
  const auto problem = [](const MsgpackWriter& written) {
    EXPECT_EQ(MicrosOf(written), std::nullopt);
    Reader reader(written.bytes());
    Value value;
    EXPECT_TRUE(reader.ReadWhole(0, value));
    return TimeProblem(value, DetectUnit(value), {}).message;
  };
  EXPECT_EQ(problem(MsgpackWriter().Nil()), "the time is null, not a number");
  EXPECT_EQ(problem(MsgpackWriter().String("2026")),
            "the time is a string, not a number: \"2026\"");
  EXPECT_EQ(problem(MsgpackWriter().Array(1).Int(1)), "the time is an array, not a number");
  EXPECT_EQ(problem(MsgpackWriter().Double(1e300)), "the time is out of range");
  EXPECT_EQ(problem(Extension(0, 2)),
            "the time is a timestamp extension that is malformed or out of range");
}

ArraySlice Slice(const MsgpackWriter& values, std::uint64_t count) {
  ArraySlice slice{"time", values.bytes().data(), count, {}};
  Reader reader(values.bytes());
  EXPECT_TRUE(reader.SkipValues(1, count, slice.kinds));
  return slice;
}

TEST(TimestampsTest, TheFirstNumberOfAColumnTellsTheUnit) {
  std::vector<std::int64_t> times;
  MsgpackWriter millis;
  millis.Int(1'700'000'000'000).Int(5).Double(7.25).Int(1'700'000'000'000'000'000);
  const Reader body(millis.bytes());
  ASSERT_TRUE(ToMicros(body, Slice(millis, 3), DetectUnit(body, Slice(millis, 3)), {}, times));
  EXPECT_EQ(times, (std::vector<std::int64_t>{1'700'000'000'000'000, 5'000, 7'250}));
  EXPECT_FALSE(ToMicros(body, Slice(millis, 4), TimeUnit::kMilliseconds, {}, times));
  TimeLimits limits;
  limits.min_micros = 7'250;
  EXPECT_FALSE(ToMicros(body, Slice(millis, 3), TimeUnit::kMilliseconds, limits, times));
  limits.min_micros = 5'000;
  EXPECT_TRUE(ToMicros(body, Slice(millis, 3), TimeUnit::kMilliseconds, limits, times));

  MsgpackWriter late;
  late.Nil().Extension(-1, "abcd").Int(1'700'000'000'000).Int(1);
  const Reader late_body(late.bytes());
  EXPECT_EQ(DetectUnit(late_body, Slice(late, 4)), TimeUnit::kMilliseconds);
}

}  // namespace
}  // namespace arc::ingest::msgpack
