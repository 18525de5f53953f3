#include "data/flush/flush_deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace arc::flush {
namespace {

Clock::SteadyTime At(int seconds) { return Clock::SteadyTime(std::chrono::seconds(seconds)); }

TEST(FlushDeadlines, IsEmptyAtFirst) {
  FlushDeadlines deadlines;
  EXPECT_FALSE(deadlines.earliest());
  EXPECT_FALSE(deadlines.PopDue(At(1'000'000)));
  deadlines.Remove(MeasurementId{1});
  EXPECT_EQ(deadlines.size(), 0u);
}

TEST(FlushDeadlines, GivesOutWhatIsDueInOrder) {
  FlushDeadlines deadlines;
  deadlines.Set(MeasurementId{1}, At(30));
  deadlines.Set(MeasurementId{2}, At(10));
  deadlines.Set(MeasurementId{3}, At(20));
  EXPECT_EQ(deadlines.earliest(), At(10));
  EXPECT_FALSE(deadlines.PopDue(At(9)));
  EXPECT_EQ(deadlines.PopDue(At(10)), MeasurementId{2});
  EXPECT_EQ(deadlines.PopDue(At(25)), MeasurementId{3});
  EXPECT_FALSE(deadlines.PopDue(At(25)));
  EXPECT_EQ(deadlines.earliest(), At(30));
}

TEST(FlushDeadlines, MovesADeadlineBothWays) {
  FlushDeadlines deadlines;
  for (int id = 0; id < 10; id++) deadlines.Set(MeasurementId(id), At(100 + id));
  deadlines.Set(MeasurementId{9}, At(1));
  EXPECT_EQ(deadlines.earliest(), At(1));
  deadlines.Set(MeasurementId{9}, At(1000));
  EXPECT_EQ(deadlines.earliest(), At(100));
  EXPECT_EQ(deadlines.size(), 10u);
}

// The obvious twin: a map that is searched.
TEST(FlushDeadlines, AgreesWithASearchedMap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; round++) {
    FlushDeadlines deadlines;
    std::map<MeasurementId, Clock::SteadyTime> naive;
    for (int step = 0; step < 400; step++) {
      const MeasurementId id{random() % 40};
      const auto time = At(static_cast<int>(random() % 100));
      switch (random() % 4) {
        case 0:
        case 1:
          deadlines.Set(id, time);
          naive[id] = time;
          break;
        case 2:
          deadlines.Remove(id);
          naive.erase(id);
          break;
        case 3:
          if (const auto popped = deadlines.PopDue(time)) {
            ASSERT_TRUE(naive.contains(*popped));
            ASSERT_LE(naive[*popped], time);
            for (const auto& [other, due] : naive) ASSERT_LE(naive[*popped], due);
            naive.erase(*popped);
          } else {
            for (const auto& [other, due] : naive) ASSERT_GT(due, time);
          }
          break;
      }
      ASSERT_EQ(deadlines.size(), naive.size());
      const auto least =
          std::min_element(naive.begin(), naive.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      ASSERT_EQ(deadlines.earliest(), least == naive.end()
                                          ? std::nullopt
                                          : std::optional<Clock::SteadyTime>(least->second));
    }
  }
}

}  // namespace
}  // namespace arc::flush
