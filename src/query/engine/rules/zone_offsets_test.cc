#include "query/engine/rules/zone_offsets.h"

#include <gtest/gtest.h>

namespace arc::engine {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kMinute = 60'000'000;
constexpr auto kDay = ZoneOffsets::kDay;

// Summer time of an hour between days 100 and 200, half an hour more for good from day 300 on.
ZoneOffsets MakeZone() {
  return ZoneOffsets({{0, kHour},
                      {100 * kDay, 2 * kHour},
                      {200 * kDay, kHour},
                      {300 * kDay, kHour + 30 * kMinute}});
}

TEST(ZoneOffsetsTest, AnOffsetCountsFromItsBeginning) {
  const auto zone = MakeZone();
  EXPECT_EQ(zone.OffsetAt(-1'000 * kDay), kHour);
  EXPECT_EQ(zone.OffsetAt(100 * kDay - 1), kHour);
  EXPECT_EQ(zone.OffsetAt(100 * kDay), 2 * kHour);
  EXPECT_EQ(zone.OffsetAt(200 * kDay - 1), 2 * kHour);
  EXPECT_EQ(zone.OffsetAt(200 * kDay), kHour);
  EXPECT_EQ(zone.OffsetAt(1'000 * kDay), kHour + 30 * kMinute);
}

TEST(ZoneOffsetsTest, ATimeThatComesTwiceIsTheFirst) {
  const auto zone = MakeZone();
  const auto change = 200 * kDay;  // from local 02:00 of day 200 back to 01:00
  EXPECT_EQ(zone.FirstInstantOf(change + kHour), change - kHour);
  EXPECT_EQ(zone.FirstInstantOf(change + 2 * kHour - 1), change - 1);
  EXPECT_EQ(zone.FirstInstantOf(change + 2 * kHour), change + kHour);
}

TEST(ZoneOffsetsTest, ATimeThatNeverComesIsWhenClocksPassIt) {
  const auto zone = MakeZone();
  const auto change = 100 * kDay;  // from local 01:00 of day 100 on to 02:00
  EXPECT_EQ(zone.FirstInstantOf(change + kHour - 1), change - 1);
  for (const auto local : {change + kHour, change + kHour + 30 * kMinute, change + 2 * kHour}) {
    EXPECT_EQ(zone.FirstInstantOf(local), change);
  }
  EXPECT_EQ(zone.FirstInstantOf(change + 2 * kHour + 1), change + 1);
}

TEST(ZoneOffsetsTest, EachInstantIsFoundFromItsLocalTime) {
  const auto zone = MakeZone();
  for (auto instant = -5 * kDay; instant < 400 * kDay; instant += 7 * kMinute) {
    const auto local = instant + zone.OffsetAt(instant);
    const auto first = zone.FirstInstantOf(local);
    EXPECT_LE(first, instant);
    EXPECT_EQ(first + zone.OffsetAt(first), local);
  }
}

// The 400 years before the table's end come again and again.
TEST(ZoneOffsetsTest, RulesGoOnBehindTheTable) {
  const auto begin = ZoneOffsets::kTableEnd - 1'000 * kDay;
  const ZoneOffsets zone({{0, 0}, {begin, kHour}, {begin + 100 * kDay, 0}});
  for (const std::int64_t cycles : {0, 1, 2, 20}) {
    const auto shift = cycles * ZoneOffsets::kGregorianCycle;
    EXPECT_EQ(zone.OffsetAt(begin + 50 * kDay + shift), kHour);
    EXPECT_EQ(zone.OffsetAt(begin + 100 * kDay + shift), 0);
    EXPECT_EQ(zone.FirstInstantOf(begin + 50 * kDay + shift), begin + 50 * kDay - kHour + shift);
  }
}

}  // namespace
}  // namespace arc::engine
