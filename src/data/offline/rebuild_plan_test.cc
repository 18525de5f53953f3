#include "data/offline/rebuild_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace arc::offline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const MeasurementName kCpu{"db", "cpu"};

// A file of the rows with times from `min_time` to `max_time`, one each.
FoundFile FileOf(const std::string& name, std::uint64_t min_lsn, std::uint64_t max_lsn,
                 std::uint32_t part, std::uint32_t part_count, std::int64_t min_time = 0,
                 std::int64_t max_time = 9) {
  FoundFile file;
  file.table = kCpu;
  file.footer.measurement_id = MeasurementId{7};
  file.footer.min_lsn = Lsn{min_lsn};
  file.footer.max_lsn = Lsn{max_lsn};
  file.footer.part = part;
  file.footer.part_count = part_count;
  file.footer.min_time = min_time;
  file.footer.max_time = max_time;
  file.footer.row_count = static_cast<std::uint64_t>(max_time - min_time + 1);
  file.columns = {{"v", ColumnType::kInt64, ColumnRole::kField}};
  file.entry.path = "db/cpu/" + name;
  file.entry.max_lsn = Lsn{max_lsn};
  return file;
}

void Log(RebuildPlan& plan, std::uint64_t lsn, std::int64_t min_time, std::int64_t max_time,
         std::uint64_t id = 7, const MeasurementName& name = kCpu) {
  std::vector<std::int64_t> times;
  for (auto time = min_time; time <= max_time; time++) times.push_back(time);
  plan.AddLogged(name, MeasurementId{id}, Lsn{lsn}, times);
}

struct Outcome {
  std::vector<std::string> names;
  std::uint64_t flushed_lsn = 0;
  RebuiltCatalog catalog;
};

Outcome Finish(RebuildPlan plan) {
  Outcome outcome{{}, 0, std::move(plan).Finish()};
  for (const auto& measurement : outcome.catalog.measurements) {
    outcome.flushed_lsn = ToNumber(measurement.flushed_lsn);
    for (const auto& file : measurement.files) {
      outcome.names.push_back(file.path.substr(file.path.rfind('/') + 1));
    }
  }
  return outcome;
}

TEST(RebuildPlanTest, WholeFlushesCountWhateverTheLogHas) {
  RebuildPlan plan({FileOf("a", 1, 5, 1, 2), FileOf("b", 1, 5, 2, 2), FileOf("c", 6, 8, 1, 1)});
  Log(plan, 6, 0, 9);
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(outcome.flushed_lsn, 8u);
  EXPECT_THAT(outcome.catalog.left_out, IsEmpty());
  EXPECT_EQ(outcome.catalog.greatest_id, MeasurementId{7});
}

TEST(RebuildPlanTest, AFlushThatWasCutIsLeftToTheLog) {
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), FileOf("b", 6, 8, 1, 2, 0, 9)});
  Log(plan, 7, 0, 9);
  Log(plan, 8, 100, 110);  // of the file that never was
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a"));
  EXPECT_EQ(outcome.flushed_lsn, 5u);
  EXPECT_EQ(outcome.catalog.in_log_count, 1u);
  EXPECT_THAT(outcome.catalog.incomplete, IsEmpty());
}

// The log lacks one of the file's rows, so the file must count.
TEST(RebuildPlanTest, AFlushThatLostAFileCountsAndIsReported) {
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), FileOf("b", 6, 8, 1, 2, 0, 9)});
  Log(plan, 7, 0, 8);
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a", "b"));
  EXPECT_EQ(outcome.flushed_lsn, 8u);
  EXPECT_EQ(outcome.catalog.incomplete.size(), 1u);
}

// A start would skip its rows in the log, because a later flush counts.
TEST(RebuildPlanTest, AnIncompleteFlushBelowAWholeOneCountsEvenIfTheLogHasItsRows) {
  RebuildPlan plan({FileOf("a", 1, 5, 1, 2), FileOf("b", 6, 8, 1, 1)});
  Log(plan, 5, 0, 9);
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a", "b"));
  EXPECT_EQ(outcome.catalog.incomplete.size(), 1u);
}

TEST(RebuildPlanTest, FilesOfOlderServersAreLeftToTheLogAsFarAsItHasThem) {
  RebuildPlan plan({FileOf("a", 1, 2, 0, 0), FileOf("b", 3, 4, 0, 0), FileOf("c", 5, 6, 0, 0),
                    FileOf("d", 5, 6, 0, 0, 100, 109)});
  Log(plan, 3, 0, 8);  // not all of b
  Log(plan, 5, 0, 9);
  Log(plan, 6, 100, 109);
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a", "b"));
  EXPECT_EQ(outcome.flushed_lsn, 4u);
  EXPECT_EQ(outcome.catalog.in_log_count, 2u);
}

// A start whose log is larger than its memory flushes rows again before it has read all of a file.
TEST(RebuildPlanTest, OfFlushesThatOverlapTheRowsCountOnce) {
  RebuildPlan plan({FileOf("first", 1, 5, 1, 1), FileOf("left", 6, 9, 1, 1),
                    FileOf("again", 6, 7, 1, 1), FileOf("rest", 8, 12, 1, 1)});
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, UnorderedElementsAre("first", "again", "rest"));
  EXPECT_EQ(outcome.flushed_lsn, 12u);
  ASSERT_EQ(outcome.catalog.left_out.size(), 1u);
  EXPECT_EQ(outcome.catalog.left_out[0].path, "db/cpu/left");
}

TEST(RebuildPlanTest, AFileThatAnotherReplacesIsLeftOut) {
  auto merged = FileOf("merged", 1, 8, 1, 1);
  merged.footer.replaces = {"a", "b"};
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), FileOf("b", 6, 8, 1, 1), merged});
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("merged"));
  EXPECT_EQ(outcome.catalog.left_out.size(), 2u);
}

TEST(RebuildPlanTest, ImportsCountBesideFlushes) {
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), FileOf("i", 0, 0, 0, 0), FileOf("j", 0, 0, 0, 0)});
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a", "i", "j"));
  EXPECT_EQ(outcome.flushed_lsn, 5u);
  EXPECT_EQ(outcome.catalog.import_file_count, 2u);
}

TEST(RebuildPlanTest, ALaterMeasurementOfTheNameMeansADrop) {
  auto later = FileOf("later", 9, 9, 1, 1);
  later.footer.measurement_id = MeasurementId{8};
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), later});
  Log(plan, 6, 0, 1, 7);
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("later"));
  EXPECT_EQ(outcome.catalog.measurements.front().id, MeasurementId{8});
  EXPECT_EQ(outcome.catalog.left_out.size(), 1u);
  EXPECT_THAT(outcome.catalog.dropped, ElementsAre(std::pair(kCpu, MeasurementId{7})));
}

TEST(RebuildPlanTest, ALaterMeasurementThatIsOnlyInTheLogDoesToo) {
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1)});
  Log(plan, 6, 0, 1, 8);
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, IsEmpty());
  EXPECT_EQ(outcome.catalog.left_out.size(), 1u);
  EXPECT_EQ(outcome.catalog.greatest_id, MeasurementId{8});
  EXPECT_EQ(outcome.catalog.greatest_lsn, Lsn{6});
}

TEST(RebuildPlanTest, ColumnsAreJoinedAndTypesThatDoNotFitAreLeftOut) {
  auto wider = FileOf("b", 6, 8, 1, 1);
  wider.columns = {{"v", ColumnType::kDouble, ColumnRole::kField},
                   {"host", ColumnType::kString, ColumnRole::kTag}};
  auto misfit = FileOf("c", 9, 9, 1, 1);
  misfit.columns = {{"host", ColumnType::kInt64, ColumnRole::kField}};
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), wider, misfit});
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a", "b"));
  const auto& columns = outcome.catalog.measurements.front().schema->columns();
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0], (SchemaColumn{"v", ColumnType::kDouble, ColumnRole::kField}));
  EXPECT_EQ(columns[1].role, ColumnRole::kTag);
}

TEST(RebuildPlanTest, ACopyInAnotherFolderIsLeftOut) {
  auto copy = FileOf("copy", 6, 8, 1, 1);
  copy.table = {"db", "other"};
  auto same = FileOf("same", 1, 5, 1, 1);
  RebuildPlan plan({FileOf("a", 1, 5, 1, 1), copy, same});
  const auto outcome = Finish(std::move(plan));
  EXPECT_THAT(outcome.names, ElementsAre("a"));
  EXPECT_EQ(outcome.catalog.left_out.size(), 2u);
}

}  // namespace
}  // namespace arc::offline
