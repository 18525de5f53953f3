#include "data/files/startup_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "data/files/storage_test_base.h"
#include "foundation/testing/batch_builder.h"

namespace arc::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StartupSweepTest : public StorageTestBase {
 protected:
  void Touch(const std::string& path) {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << "x";
  }
  void Publish(const std::string& measurement, MeasurementId id) {
    const auto batch = arc::testing::BatchBuilder().Time({0}).Build();
    const std::vector<BatchSlice> slices = {{std::make_shared<const ColumnBatch>(batch), 0, 1}};
    const auto schema = std::make_shared<const RowSchema>();
    Publication publication;
    const MeasurementName table{"db", measurement};
    publication.files = Value(stager_->Stage({table, {id, {}, {}}, *schema, slices}));
    publication.changes.push_back(
        {id, table, schema, EntriesOf(publication.files), /*removed_paths=*/{}, /*flushed=*/{}});
    ASSERT_TRUE(publisher_->PublishAndWait(std::move(publication)).ok());
  }
  ComparisonReport Audit() {
    return Value(CompareFiles(file_system_, root_, *catalog_, stager_->ids(), cancelled_));
  }

  std::atomic<bool> cancelled_{false};
};

TEST_F(StartupSweepTest, NamesAreUnmistakable) {
  FileIdSource ids;
  const auto name = PublishedName(ids.Next());
  EXPECT_TRUE(IsPublishedName(name)) << name;
  EXPECT_TRUE(ids.IsOurs(name));
  EXPECT_FALSE(FileIdSource().IsOurs(name));
  EXPECT_FALSE(IsStagedName(name));
  EXPECT_TRUE(IsStagedName(StagedName(ids.Next())));
  for (const auto* other : {"", "a1-.tmp", "a1-x.tmp", "a1-0123456789abcdef-00001.tmp",
                            "a1-0123456789abcdeg-000001.tmp", "b1-0123456789abcdef-000001.tmp",
                            "a1-0123456789abcdef-000001.tmp2", "a1-0123456789ABCDEF-000001.tmp"}) {
    EXPECT_FALSE(IsStagedName(other)) << other;
  }
}

TEST_F(StartupSweepTest, DeletesTemporaryFilesOfOursOnly) {
  Touch(".staging/a1-0123456789abcdef-000001.tmp");
  Touch(".staging/a1-0123456789abcdef-ffffffffff.tmp");
  Touch(".staging/a1-notes.tmp");
  Touch(".staging/a1-0123456789abcdef-000001.tmp.d/keep");
  Touch("db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.parquet");
  Touch("db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.tmp");
  EXPECT_EQ(Value(SweepStaging(file_system_, root_)), 2u);
  EXPECT_THAT(FilesOnDisk(),
              ElementsAre(".staging/a1-0123456789abcdef-000001.tmp.d/keep", ".staging/a1-notes.tmp",
                          "db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.parquet",
                          "db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.tmp"));
}

TEST_F(StartupSweepTest, ThereMayBeNothingToSweep) {
  EXPECT_EQ(Value(SweepStaging(file_system_, root_ + "/nowhere")), 0u);
}

TEST_F(StartupSweepTest, ReportsWhatCatalogAndDiskDisagreeAbout) {
  Publish("cpu", MeasurementId{1});
  Publish("mem", MeasurementId{2});
  const auto lost = FilesInCatalog().back();
  std::filesystem::remove(root_ + "/" + lost);
  Touch("db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.parquet");
  Touch("db/cpu/1970/01/01/00/cpu_19700101.parquet");
  Touch("other/readme.txt");
  Touch("lost+found/a1-0123456789abcdef-000001.parquet");  // no name of a database
  const auto report = Audit();
  EXPECT_EQ(report.live_count, 1u);
  EXPECT_THAT(report.missing.first, ElementsAre(lost));
  EXPECT_THAT(report.unlisted.first,
              ElementsAre("db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.parquet"));
  EXPECT_EQ(report.foreign.count, 2u);
}

TEST_F(StartupSweepTest, AFileAboutToBePublishedIsNoFinding) {
  FileIdSource ids;
  Touch("db/cpu/1970/01/01/00/" + PublishedName(ids.Next()));
  EXPECT_EQ(Value(CompareFiles(file_system_, root_, *catalog_, ids, cancelled_)).unlisted.count,
            0u);
  EXPECT_EQ(Audit().unlisted.count, 1u);
}

TEST_F(StartupSweepTest, TheWalkStopsWhenTold) {
  Touch("db/cpu/x");
  cancelled_ = true;
  const auto report = CompareFiles(file_system_, root_, *catalog_, stager_->ids(), cancelled_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  FileComparison audit(file_system_, root_, *catalog_, stager_->ids());
  audit.Close();
}

}  // namespace
}  // namespace arc::files
