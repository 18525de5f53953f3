#include "data/encoding/time_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>

namespace arc::encoding {
namespace {

BatchSlice SliceOf(std::vector<std::int64_t> times) {
  auto batch = std::make_shared<ColumnBatch>();
  batch->times = std::move(times);
  const auto count = batch->times.size();
  return {std::move(batch), 0, count};
}

// The obvious twin.
void ExpectStablySorted(const std::vector<BatchSlice>& slices) {
  struct Row {
    std::int64_t time;
    std::uint32_t slice, row;
  };
  std::vector<Row> expected;
  for (std::uint32_t s = 0; s < slices.size(); s++) {
    for (auto row = slices[s].row_begin; row < slices[s].row_end; row++) {
      expected.push_back({slices[s].batch->times[row], s, static_cast<std::uint32_t>(row)});
    }
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Row& a, const Row& b) { return a.time < b.time; });
  const auto order = OrderByTime(slices);
  ASSERT_EQ(order.times.size(), expected.size());
  ASSERT_EQ(order.rows.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); i++) {
    ASSERT_EQ(order.times[i], expected[i].time) << i;
    ASSERT_EQ(order.rows[i].slice, expected[i].slice) << i;
    ASSERT_EQ(order.rows[i].row, expected[i].row) << i;
  }
}

TEST(TimeOrder, KeepsRowsThatComeInOrder) {
  ExpectStablySorted({});
  ExpectStablySorted({SliceOf({1, 2, 2, 3}), SliceOf({3, 4})});
}

TEST(TimeOrder, SortsTheWholeRangeOfTimes) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  ExpectStablySorted({SliceOf({kMax, 0, -1, kMin}), SliceOf({kMax, 0, 1, kMin})});
}

TEST(TimeOrder, TakesOnlyTheRowsOfTheSlice) {
  auto slice = SliceOf({9, 5, 7, 6, 1});
  slice.row_begin = 1;
  slice.row_end = 4;
  const auto order = OrderByTime({slice});
  EXPECT_EQ(order.times, (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_EQ(order.rows[1].row, 3u);
}

TEST(TimeOrder, AgreesWithStableSort) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; round++) {
    const auto range = std::int64_t{1} << (random() % 60);
    const auto base = static_cast<std::int64_t>(random() % 1'000'000) - 500'000;
    std::vector<BatchSlice> slices;
    for (std::uint64_t s = random() % 5; s > 0; s--) {
      std::vector<std::int64_t> times(random() % 50);
      for (auto& time : times) {
        time = base + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(range));
      }
      slices.push_back(SliceOf(std::move(times)));
    }
    ExpectStablySorted(slices);
  }
}

}  // namespace
}  // namespace arc::encoding
