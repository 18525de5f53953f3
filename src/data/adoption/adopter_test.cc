#include "data/adoption/adopter.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "data/files/storage_test_base.h"

namespace arc::adoption {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// tests/adopt_test.py tests the kinds of files; this file tests the order of the steps and
// failures.
class AdopterTest : public files::StorageTestBase {
 protected:
  AdopterTest() {
    listener_.on_refused = [this](std::string_view path, const Error& why) {
      refused_.push_back(fmt::format("{}: {}", path, why.message));
    };
  }

  // A file with the times 1, 2, ... and a column of the same numbers.
  void Write(const std::string& path, std::int64_t row_count) const {
    const auto full = folder_ + "/" + path;
    std::filesystem::create_directories(fs::ParentOf(full));
    arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                  arrow::default_memory_pool());
    arrow::Int64Builder values;
    for (std::int64_t i = 1; i <= row_count; i++) {
      ASSERT_TRUE(times.Append(i).ok() && values.Append(i).ok());
    }
    const auto schema =
        arrow::schema({arrow::field("v", arrow::int64()), arrow::field("time", times.type())});
    const auto table =
        arrow::Table::Make(schema, {values.Finish().ValueOrDie(), times.Finish().ValueOrDie()});
    const auto file = arrow::io::FileOutputStream::Open(full).ValueOrDie();
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file).ok());
    ASSERT_TRUE(file->Close().ok());
  }

  Result<AdoptReport> Adopt(std::size_t commit_files_max = 2) {
    Adopter adopter({{.columns_max = 10, .measurements_max = 2}, commit_files_max}, root_,
                    file_system_, *catalog_, tables_);
    return adopter.Adopt(folder_, listener_);
  }

  const std::string folder_ = directory_.path() + "/old";
  AdoptListener listener_;
  std::vector<std::string> refused_;
};

TEST_F(AdopterTest, FilesAreListedByTheirPlaceOnDisk) {
  Write("db/m/2024/01/01/00/x.parquet", 3);
  Write("db/m/1970/01/01/daily.parquet", 5);
  const auto report = Value(Adopt());
  EXPECT_EQ(report.file_count, 2U);
  EXPECT_EQ(report.row_count, 8U);
  const auto state = catalog_->snapshot()->FindMeasurement({"db", "m"});
  ASSERT_EQ(state->files.size(), 2U);
  EXPECT_EQ(state->files[0].path,
            std::filesystem::canonical(folder_).string() + "/db/m/1970/01/01/daily.parquet");
  EXPECT_EQ(state->files[0].min_time, 1);
  EXPECT_EQ(state->files[0].max_time, 5);
  EXPECT_EQ(state->files[0].sort_order, catalog::SortOrder::kTime);
  EXPECT_NE(state->files[0].checksum, 0U);
  EXPECT_EQ(tables_.Find("db", "m")->registered_schema()->columns().size(), 1U);
}

TEST_F(AdopterTest, ManyFilesBecomeVisibleInGroups) {
  for (int i = 0; i < 5; i++) Write(fmt::format("db/m/2024/01/01/0{}/x.parquet", i), 1);
  const auto before = catalog_->transaction_count();
  EXPECT_EQ(Value(Adopt(2)).file_count, 5U);
  EXPECT_EQ(catalog_->transaction_count() - before, 3U);
  EXPECT_EQ(Value(Adopt(2)).known_count, 5U);
  EXPECT_EQ(catalog_->transaction_count() - before, 3U);
}

// Whichever operation of the disk fails: after another run every file is listed, and listed once.
TEST_F(AdopterTest, AFailureAnywhereIsMadeUpForByAnotherRun) {
  for (int i = 0; i < 4; i++) Write(fmt::format("db/m/2024/01/01/0{}/x.parquet", i), 2);
  Write("db/n/2024/01/01/00/x.parquet", 2);
  int failures = 0;
  for (int step = 0; step < 1000; step++) {
    file_system_.FailAfter(step);
    const auto first = Adopt(3);
    if (!file_system_.has_failed()) break;
    failures++;
    file_system_.FailAfter(-1);
    const auto second = Value(Adopt(3));
    EXPECT_EQ(second.known_count + second.file_count, 5U);
    EXPECT_EQ(FilesInCatalog().size(), 5U);
    if (step > 20) break;  // by then everything is known, and each run does the same
  }
  EXPECT_GT(failures, 0);
}

TEST_F(AdopterTest, WhatTheCatalogCannotTakeIsAFailure) {
  Write("db/m/2024/01/01/00/x.parquet", 1);
  ASSERT_TRUE(catalog_->Close().ok());
  EXPECT_FALSE(Adopt().ok());
}

TEST_F(AdopterTest, OwnFilesUnderTheRootArePassedOver) {
  const std::string own = "a1-0123456789abcdef-000001.parquet";
  Write("db/m/2024/01/01/00/" + own, 1);
  EXPECT_EQ(Value(Adopt()).refused_count, 1U);
  EXPECT_THAT(refused_, ElementsAre(HasSubstr(own)));
  std::filesystem::rename(folder_ + "/db", root_ + "/db");
  Adopter adopter({10, 2}, root_, file_system_, *catalog_, tables_);
  EXPECT_EQ(Value(adopter.Adopt(root_, listener_)).refused_count, 0U);
  EXPECT_THAT(FilesInCatalog(), IsEmpty());
}

}  // namespace
}  // namespace arc::adoption
