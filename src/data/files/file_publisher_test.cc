#include "data/files/file_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "data/files/storage_test_base.h"
#include "foundation/testing/batch_builder.h"

namespace arc::files {
namespace {

using arc::testing::BatchBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kHour = 3'600'000'000;

class FilePublisherTest : public StorageTestBase {
 protected:
  static const MeasurementName& Table() {
    static const MeasurementName table{"db", "cpu"};
    return table;
  }

  // A publication of one file an hour, of the measurement `table`.
  Result<Publication> Stage(const MeasurementName& table, MeasurementId id,
                            const std::vector<std::int64_t>& times) {
    std::vector<BatchSlice> slices;
    for (const auto time : times) {
      auto batch = BatchBuilder().Time({time}).Int64("v", {time / kHour}).Build();
      slices.push_back({std::make_shared<const ColumnBatch>(std::move(batch)), 0, 1});
    }
    const auto schema = std::make_shared<const RowSchema>(SchemaOf(*slices.front().batch));
    Publication publication;
    publication.files = TRY(stager_->Stage({table, {id, Lsn{1}, Lsn{2}}, *schema, slices}));
    publication.changes.push_back(
        {id, table, schema, EntriesOf(publication.files), /*removed_paths=*/{}, /*flushed=*/{}});
    return publication;
  }
  Result<void> StageAndPublish(const std::vector<std::int64_t>& times) {
    return publisher_->PublishAndWait(TRY(Stage(Table(), MeasurementId{1}, times)));
  }
};

TEST_F(FilePublisherTest, FilesAppearWhereTheyBelong) {
  ASSERT_TRUE(StageAndPublish({0, kHour}).ok());
  const auto state = catalog_->snapshot()->FindMeasurement(Table());
  ASSERT_NE(state, nullptr);
  ASSERT_EQ(state->files.size(), 2u);
  EXPECT_TRUE(state->files[0].path.starts_with("db/cpu/1970/01/01/00/a1-"));
  EXPECT_TRUE(state->files[1].path.starts_with("db/cpu/1970/01/01/01/a1-"));
  EXPECT_EQ(state->files[1].min_time, kHour);
  EXPECT_EQ(state->files[1].max_time, kHour);
  EXPECT_EQ(state->files[1].max_lsn, Lsn{2});
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
  EXPECT_THAT(PublishedRows(Table()), ElementsAre("0 0", "3600000000 1"));
}

TEST_F(FilePublisherTest, ManyPublicationsShareSyncsAndTransactions) {
  constexpr int kMeasurements = 100;
  std::vector<Publication> publications;
  std::vector<std::future<bool>> outcomes;
  for (int i = 1; i <= kMeasurements; i++) {
    const MeasurementName table{"db", "m" + std::to_string(i)};
    auto publication = Value(Stage(table, MeasurementId(i), {0}));
    auto done = std::make_shared<std::promise<bool>>();
    outcomes.push_back(done->get_future());
    publication.completion = [done](Result<void> outcome) { done->set_value(outcome.ok()); };
    publications.push_back(std::move(publication));
  }
  publisher_->Publish(std::move(publications));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  EXPECT_EQ(FilesOnDisk().size(), std::size_t{kMeasurements});
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
  EXPECT_EQ(file_system_.file_system_sync_count(), 2);
  EXPECT_LE(catalog_->transaction_count(), 10u);
}

TEST_F(FilePublisherTest, WhicheverStepFailsNothingRemains) {
  for (const auto& times : {std::vector<std::int64_t>{0, kHour}, [] {
                              std::vector<std::int64_t> many;  // a file a day: synced as a whole
                              for (int day = 0; day < 12; day++) many.push_back(day * 24 * kHour);
                              return many;
                            }()}) {
    int failed_count = 0;
    for (int step = 0;; step++) {
      file_system_.FailAfter(step);
      const auto published = StageAndPublish(times);
      file_system_.FailAfter(-1);
      if (published.ok()) break;
      failed_count++;
      ASSERT_EQ(published.error().code, ErrorCode::kStorageFailed) << step;
      ASSERT_THAT(FilesOnDisk(), IsEmpty()) << step;
      ASSERT_THAT(FilesInCatalog(), IsEmpty()) << step;
    }
    EXPECT_GT(failed_count, 10);
    EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
    EXPECT_EQ(FilesOnDisk().size(), times.size());
    catalog::CatalogChange remove;
    remove.measurements.push_back(
        {MeasurementId{1}, Table(), std::make_shared<RowSchema>(), {}, FilesInCatalog(), {}});
    ASSERT_TRUE(catalog_->CommitAndWait(std::move(remove)).ok());
    for (const auto& path : FilesOnDisk()) std::filesystem::remove(root_ + "/" + path);
  }
}

// One sync is for the names of a group and for the bytes of the group after it.
TEST_F(FilePublisherTest, GroupsThatFollowEachOtherAreWholeWhenAStepFails) {
  std::vector<std::int64_t> days;  // so many files that they are synced as a whole
  for (int day = 0; day < 9; day++) days.push_back(day * 24 * kHour);
  std::uint64_t id = 0;
  int failed_count = 0;
  constexpr int kStride = 7;  // every step would take seconds
  for (int step = 0;; step += kStride) {
    std::vector<Publication> groups;
    std::vector<std::future<bool>> outcomes;
    for (const auto& times : {days, days, {0}, days}) {
      id++;
      auto publication = Value(Stage({"db", "m" + std::to_string(id)}, MeasurementId{id}, times));
      auto done = std::make_shared<std::promise<bool>>();
      outcomes.push_back(done->get_future());
      publication.completion = [done](Result<void> outcome) { done->set_value(outcome.ok()); };
      groups.push_back(std::move(publication));
    }
    file_system_.FailAfter(step);
    for (auto& group : groups) {
      std::vector<Publication> one;
      one.push_back(std::move(group));
      publisher_->Publish(std::move(one));
    }
    int ok_count = 0;
    for (auto& outcome : outcomes) ok_count += outcome.get() ? 1 : 0;
    file_system_.FailAfter(-1);
    ASSERT_EQ(FilesOnDisk(), FilesInCatalog()) << step;
    if (ok_count == 4) break;
    failed_count++;
  }
  EXPECT_GT(failed_count, 10);
}

TEST_F(FilePublisherTest, OnePublicationOfSeveralMeasurementsIsAllOrNothing) {
  const auto together = [&](bool is_good) {
    auto publication = Value(Stage(Table(), MeasurementId{1}, {0}));
    auto other = Value(Stage({"db", "mem"}, MeasurementId{2}, {0, kHour}));
    if (!is_good) other.changes[0].flushed = {Lsn{7}, Lsn{9}};  // it has flushed nothing yet
    publication.changes.push_back(other.changes[0]);
    for (auto& staged : other.files) publication.files.push_back(std::move(staged));
    return publisher_->PublishAndWait(std::move(publication)).ok();
  };
  EXPECT_FALSE(together(false));
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
  EXPECT_THAT(FilesInCatalog(), IsEmpty());
  EXPECT_TRUE(together(true));
  EXPECT_EQ(PublishedRows(Table()).size(), 1u);
  EXPECT_EQ(PublishedRows({"db", "mem"}).size(), 2u);
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

TEST_F(FilePublisherTest, WhatTheCatalogRefusesIsRemovedAndTheOthersStay) {
  auto good = Value(Stage(Table(), MeasurementId{1}, {0}));
  auto bad = Value(Stage({"db", "mem"}, MeasurementId{2}, {0}));
  bad.changes[0].flushed = {Lsn{7}, Lsn{9}};  // it has flushed nothing yet
  std::promise<bool> good_outcome;
  std::promise<ErrorCode> bad_outcome;
  good.completion = [&](Result<void> outcome) { good_outcome.set_value(outcome.ok()); };
  bad.completion = [&](Result<void> outcome) {
    bad_outcome.set_value(outcome.ok() ? ErrorCode::kInternal : outcome.error().code);
  };
  std::vector<Publication> both;
  both.push_back(std::move(bad));
  both.push_back(std::move(good));
  publisher_->Publish(std::move(both));
  EXPECT_TRUE(good_outcome.get_future().get());
  EXPECT_EQ(bad_outcome.get_future().get(), ErrorCode::kInvalidInput);
  EXPECT_EQ(FilesOnDisk().size(), 1u);
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

TEST_F(FilePublisherTest, AFileThatDoesNotReadBackIsNotPublished) {
  auto publication = Value(Stage(Table(), MeasurementId{1}, {0}));
  publication.files.front().entry.row_count++;
  const auto published = publisher_->PublishAndWait(std::move(publication));
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(published.error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

}  // namespace
}  // namespace arc::files
