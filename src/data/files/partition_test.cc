#include "data/files/partition.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace arc::files {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kDay = 24 * kHour;
const MeasurementName kTable{"db", "cpu"};

// Rows spread evenly over hours [0, hour_count) of 1970-01-01.
std::vector<std::int64_t> Hours(std::int64_t hour_count, std::size_t rows_per_hour) {
  std::vector<std::int64_t> times;
  for (std::int64_t hour = 0; hour < hour_count; hour++) {
    times.insert(times.end(), rows_per_hour, hour * kHour);
  }
  return times;
}

std::string FolderOf(std::int64_t time) {
  return PartitionFolder(kTable, CutIntoPartitions(std::vector<std::int64_t>{time}).front());
}

TEST(Partition, NothingOfNothing) { EXPECT_TRUE(CutIntoPartitions({}).empty()); }

TEST(Partition, AnOrdinaryFlushMakesHourFiles) {
  const auto one = CutIntoPartitions(Hours(1, 10));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0], (Partition{Partition::Unit::kHour, 0, 0, 10}));
  const auto two = CutIntoPartitions(Hours(2, 10));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1], (Partition{Partition::Unit::kHour, 1, 10, 20}));
}

TEST(Partition, SparseHoursMakeADayFile) {
  const auto sparse = CutIntoPartitions(Hours(24, 100));
  ASSERT_EQ(sparse.size(), 1u);
  EXPECT_EQ(sparse[0], (Partition{Partition::Unit::kDay, 0, 0, 2400}));
  EXPECT_EQ(CutIntoPartitions(Hours(3, kDenseHourRows)).size(), 3u);
  EXPECT_EQ(CutIntoPartitions(Hours(3, kDenseHourRows - 1)).size(), 1u);
}

TEST(Partition, EachDayIsJudgedAlone) {
  auto times = Hours(3, 1);
  times.push_back(kDay);
  times.push_back(kDay + kHour);
  const auto partitions = CutIntoPartitions(times);
  ASSERT_EQ(partitions.size(), 3u);
  EXPECT_EQ(partitions[0], (Partition{Partition::Unit::kDay, 0, 0, 3}));
  EXPECT_EQ(partitions[1], (Partition{Partition::Unit::kHour, 24, 3, 4}));
  EXPECT_EQ(partitions[2], (Partition{Partition::Unit::kHour, 25, 4, 5}));
}

TEST(Partition, FoldersAreUtcAndRoundDown) {
  EXPECT_EQ(FolderOf(0), "db/cpu/1970/01/01/00");
  EXPECT_EQ(FolderOf(-1), "db/cpu/1969/12/31/23");
  EXPECT_EQ(FolderOf(-kHour), "db/cpu/1969/12/31/23");
  EXPECT_EQ(FolderOf(-kHour - 1), "db/cpu/1969/12/31/22");
  EXPECT_EQ(FolderOf(1'709'251'199'999'999), "db/cpu/2024/02/29/23");
  EXPECT_EQ(FolderOf(1'709'251'200'000'000), "db/cpu/2024/03/01/00");
  EXPECT_EQ(PartitionFolder(kTable, {Partition::Unit::kDay, -1, 0, 1}), "db/cpu/1969/12/31");
}

TEST(Partition, EveryTimeHasAFolder) {
  EXPECT_EQ(FolderOf(253'402'300'799'999'999), "db/cpu/9999/12/31/23");
  EXPECT_EQ(FolderOf(253'402'300'800'000'000), "db/cpu/10000/01/01/00");
  EXPECT_EQ(FolderOf(-62'135'596'800'000'000), "db/cpu/0001/01/01/00");
  EXPECT_EQ(FolderOf(-62'167'219'200'000'001), "db/cpu/-0001/12/31/23");
  EXPECT_EQ(FolderOf(std::numeric_limits<std::int64_t>::max()), "db/cpu/294247/01/10/04");
  EXPECT_EQ(FolderOf(std::numeric_limits<std::int64_t>::min()), "db/cpu/-290308/12/21/19");
}

std::int64_t FloorDivide(std::int64_t a, std::int64_t b) {
  std::int64_t quotient = a / b;
  while (quotient * b > a) quotient--;
  return quotient;
}

// The rule, row by row.
std::map<std::pair<int, std::int64_t>, std::vector<std::size_t>> Naive(
    const std::vector<std::int64_t>& times) {
  std::map<std::int64_t, std::set<std::int64_t>> hours_of_day;
  std::map<std::int64_t, std::size_t> rows_of_day;
  for (const auto time : times) {
    hours_of_day[FloorDivide(time, kDay)].insert(FloorDivide(time, kHour));
    rows_of_day[FloorDivide(time, kDay)]++;
  }
  std::map<std::pair<int, std::int64_t>, std::vector<std::size_t>> rows_of_partition;
  for (std::size_t i = 0; i < times.size(); i++) {
    const auto day = FloorDivide(times[i], kDay);
    const auto hour_count = hours_of_day[day].size();
    const bool sparse = hour_count > 2 && rows_of_day[day] / hour_count < kDenseHourRows;
    rows_of_partition[sparse ? std::pair(1, day) : std::pair(0, FloorDivide(times[i], kHour))]
        .push_back(i);
  }
  return rows_of_partition;
}

TEST(Partition, AgreesWithTheRuleRowByRow) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; round++) {
    const auto span = kHour << (random() % 8);
    std::vector<std::int64_t> times(random() % 60);
    for (auto& time : times) {
      time = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span)) - span / 2;
      if (random() % 3 == 0) time = FloorDivide(time, kHour) * kHour;
    }
    std::sort(times.begin(), times.end());
    auto naive = Naive(times);
    const auto partitions = CutIntoPartitions(times);
    ASSERT_EQ(partitions.size(), naive.size());
    std::size_t next_row = 0;
    for (const auto& partition : partitions) {
      ASSERT_EQ(partition.row_begin, next_row);
      const bool is_day = partition.unit == Partition::Unit::kDay;
      const auto& rows = naive[{is_day ? 1 : 0, partition.index}];
      ASSERT_FALSE(rows.empty());
      ASSERT_EQ(rows.front(), partition.row_begin);
      ASSERT_EQ(rows.size(), partition.row_end - partition.row_begin);
      next_row = partition.row_end;
    }
    ASSERT_EQ(next_row, times.size());
  }
}

}  // namespace
}  // namespace arc::files
