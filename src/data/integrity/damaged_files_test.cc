#include "data/integrity/damaged_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace arc::integrity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DamagedFilesTest : public ::testing::Test {
 protected:
  Metrics metrics_;
  DamagedFiles files_{Clock::System(), metrics_};
};

TEST_F(DamagedFilesTest, NamesWhatIsWrongAndForgetsWhatIsRight) {
  EXPECT_EQ(files_.Problem(), std::nullopt);
  files_.Report("db/m/a.parquet", Damage::kWrong, "block 1 of 2 is not as it was written");
  files_.ReportError("db/m/b.parquet", {ErrorCode::kNotFound, "cannot open a file", "/data/..."});
  files_.ReportError("db/m/c.parquet", {ErrorCode::kOverloaded, "too many open files"});
  ASSERT_EQ(files_.List().size(), 2u);
  EXPECT_EQ(files_.List()[1].damage, Damage::kMissing);
  EXPECT_THAT(*files_.Problem(),
              HasSubstr("2 stored files are missing or damaged, queries that need their rows fail: "
                        "db/m/a.parquet (damaged: block 1 of 2 is not as it was written), "
                        "db/m/b.parquet (missing: it is not on disk)"));
  EXPECT_THAT(metrics_.PrometheusText(), HasSubstr("\narc_damaged_files 2\n"));
  files_.Forget("db/m/a.parquet");
  files_.Forget("db/m/b.parquet");
  EXPECT_EQ(files_.Problem(), std::nullopt);
  EXPECT_THAT(metrics_.PrometheusText(), HasSubstr("\narc_damaged_files_found_total 2\n"));
}

TEST_F(DamagedFilesTest, RemembersSoManyAndNamesFewer) {
  for (std::size_t i = 0; i < DamagedFiles::kFilesMax + 5; i++) {
    files_.Report(std::to_string(i), Damage::kMissing, "it is not on disk");
    files_.Report(std::to_string(i), Damage::kMissing, "it is not on disk");
  }
  EXPECT_EQ(files_.count(), DamagedFiles::kFilesMax);
  EXPECT_THAT(*files_.Problem(), HasSubstr("more than 10000 stored files"));
  EXPECT_LT(files_.Problem()->size(), 1000u);
  EXPECT_THAT(*files_.Problem(), HasSubstr(", ...;"));
}

}  // namespace
}  // namespace arc::integrity
