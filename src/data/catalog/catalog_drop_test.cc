// Dropping measurements and databases: what goes, what can never come back, and when the files may
// be unlinked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/catalog/catalog_test_base.h"

namespace arc::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class CatalogDropTest : public CatalogTestBase {
 protected:
  void SetUp() override {
    OpenOrDie();
    ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1), FileAt("b", 2)})), "ok");
    ASSERT_EQ(Commit(ChangeOf(2, "mem", {FileAt("c", 1)})), "ok");
  }

  static DropChange DropOf(std::uint64_t id, const std::string& name, std::uint64_t lsn = 50) {
    DropChange change;
    change.measurements.push_back({{"db", name}, MeasurementId{id}});
    change.lsn = Lsn{lsn};
    return change;
  }
  static DropChange DropOfDatabase(const std::string& name, std::uint64_t lsn = 50) {
    DropChange change;
    change.database = name;
    change.lsn = Lsn{lsn};
    return change;
  }
  // The number of files, or the error's message.
  std::string Drop(DropChange change) {
    const auto dropped = catalog_->Drop(std::move(change));
    return dropped.ok() ? std::to_string(dropped.value().file_count) : dropped.error().message;
  }
  std::vector<std::string> Released() {
    return catalog_->removed_files().TakeReleased(std::chrono::steady_clock::now());
  }
  void Reopen() {
    Close();
    OpenOrDie();
  }
};

TEST_F(CatalogDropTest, TheMeasurementGoesAndTheOthersStay) {
  const auto dropped = catalog_->Drop(DropOf(1, "cpu"));
  ASSERT_TRUE(dropped.ok());
  EXPECT_EQ(dropped.value().measurement_count, 1u);
  EXPECT_EQ(dropped.value().file_count, 2u);
  EXPECT_EQ(dropped.value().row_count, 22u);
  EXPECT_EQ(dropped.value().byte_count, 2002u);
  EXPECT_EQ(Find("cpu"), nullptr);
  EXPECT_NE(Find("mem"), nullptr);
  EXPECT_NE(catalog_->snapshot()->FindDatabase("db"), nullptr);
  EXPECT_TRUE(catalog_->snapshot()->IsDropped(MeasurementId{1}));
  EXPECT_FALSE(catalog_->snapshot()->IsDropped(MeasurementId{2}));
  const auto everything = Everything();
  Reopen();
  EXPECT_EQ(Everything(), everything);
}

TEST_F(CatalogDropTest, ALateChangeIsRefusedAlsoAfterARestartAndBesideANewOne) {
  ASSERT_EQ(Drop(DropOf(1, "cpu")), "2");
  const auto late = [&] { return catalog_->CommitAndWait(Only(ChangeOf(1, "cpu"))); };
  EXPECT_EQ(late().error().code, ErrorCode::kNotFound);
  Reopen();
  EXPECT_EQ(late().error().code, ErrorCode::kNotFound);
  ASSERT_EQ(Commit(ChangeOf(7, "cpu", {FileAt("d", 1)})), "ok");
  EXPECT_EQ(late().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Find("cpu")->files.size(), 1u);
}

TEST_F(CatalogDropTest, AMeasurementThatIsOnlyInMemoryLeavesATombstoneToo) {
  EXPECT_EQ(Drop(DropOf(9, "only_live")), "0");
  EXPECT_EQ(catalog_->CommitAndWait(Only(ChangeOf(9, "only_live"))).error().code,
            ErrorCode::kNotFound);
  Reopen();
  EXPECT_THAT(*catalog_->tombstones(), ElementsAre(Pair(MeasurementId{9}, Lsn{50})));
  EXPECT_EQ(catalog_->greatest_measurement_id(), MeasurementId{9});
  EXPECT_EQ(catalog_->greatest_lsn(), Lsn{50});
}

TEST_F(CatalogDropTest, WhatDoesNotFitIsRefusedAsAWhole) {
  const auto before = Everything();
  auto wrong_id = DropOf(1, "cpu");
  wrong_id.measurements.push_back({{"db", "mem"}, MeasurementId{3}});
  EXPECT_THAT(Drop(wrong_id), HasSubstr("it exists with id 2, not 3"));
  auto twice = DropOf(1, "cpu");
  twice.measurements.push_back(twice.measurements[0]);
  EXPECT_THAT(Drop(twice), HasSubstr("twice"));
  auto elsewhere = DropOf(1, "cpu");
  elsewhere.database = "other";
  EXPECT_THAT(Drop(elsewhere), HasSubstr("not in the dropped database"));
  EXPECT_EQ(Drop(DropOfDatabase("nowhere")), "Database 'nowhere' not found");
  EXPECT_EQ(Everything(), before);
  EXPECT_THAT(*catalog_->tombstones(), IsEmpty());
  ASSERT_EQ(Drop(DropOf(1, "cpu")), "2");
  EXPECT_THAT(Drop(DropOf(1, "cpu")), HasSubstr("has been dropped"));
}

TEST_F(CatalogDropTest, ADatabaseGoesWithAllOfItsMeasurements) {
  ASSERT_TRUE(catalog_->CreateDatabase("other").ok());
  auto drop = DropOfDatabase("db");
  drop.measurements.push_back({{"db", "only_live"}, MeasurementId{8}});
  drop.measurements.push_back({{"db", "cpu"}, MeasurementId{1}});
  EXPECT_EQ(Drop(drop), "3");
  EXPECT_EQ(catalog_->snapshot()->measurement_count(), 0u);
  EXPECT_EQ(catalog_->snapshot()->FindDatabase("db"), nullptr);
  EXPECT_EQ(catalog_->tombstones()->size(), 3u);
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindDatabase("db"), nullptr);
  EXPECT_NE(catalog_->snapshot()->FindDatabase("other"), nullptr);
  EXPECT_EQ(Commit(ChangeOf(10, "cpu", {FileAt("new", 1)})), "ok");
  EXPECT_EQ(Find("cpu")->files.size(), 1u);
  EXPECT_EQ(Drop(DropOfDatabase("other")), "0");
}

TEST_F(CatalogDropTest, TombstonesGoOnceTheLogIsPastThemButTheirIdsStayRefused) {
  ASSERT_EQ(Drop(DropOf(1, "cpu", 50)), "2");
  ASSERT_EQ(Drop(DropOf(2, "mem", 60)), "1");
  const auto count = catalog_->transaction_count();
  EXPECT_TRUE(catalog_->ForgetTombstones(Lsn{49}).ok());
  EXPECT_EQ(catalog_->transaction_count(), count);
  EXPECT_TRUE(catalog_->ForgetTombstones(Lsn{50}).ok());
  EXPECT_THAT(*catalog_->tombstones(), ElementsAre(Pair(MeasurementId{2}, Lsn{60})));
  EXPECT_EQ(catalog_->CommitAndWait(Only(ChangeOf(1, "cpu"))).error().code, ErrorCode::kNotFound);
  Reopen();
  EXPECT_THAT(*catalog_->tombstones(), ElementsAre(Pair(MeasurementId{2}, Lsn{60})));
  EXPECT_TRUE(catalog_->ForgetTombstones(Lsn{60}).ok());
  Reopen();
  EXPECT_THAT(*catalog_->tombstones(), IsEmpty());
  EXPECT_EQ(catalog_->greatest_lsn(), Lsn{60});
}

TEST_F(CatalogDropTest, FilesAreReleasedAfterTheLastSnapshotThatShowsThem) {
  auto query = catalog_->snapshot();
  ASSERT_EQ(Commit(ChangeOf(2, "mem", {FileAt("later", 9)})), "ok");
  ASSERT_EQ(Drop(DropOf(1, "cpu")), "2");
  auto second_query = catalog_->snapshot();
  ASSERT_EQ(Drop(DropOf(2, "mem")), "2");
  EXPECT_THAT(Released(), IsEmpty());
  EXPECT_THAT(catalog_->removed_files().All(), UnorderedElementsAre("a", "b", "c", "later"));
  query.reset();
  EXPECT_THAT(Released(), UnorderedElementsAre("a", "b"));
  second_query.reset();
  EXPECT_THAT(Released(), UnorderedElementsAre("c", "later"));
}

TEST_F(CatalogDropTest, FilesThatAChangeReplacesAreReleasedAlike) {
  auto change = ChangeOf(1, "cpu", {FileAt("ab", 1)});
  change.removed_paths = {"a", "b"};
  auto query = catalog_->snapshot();
  ASSERT_EQ(Commit(change), "ok");
  EXPECT_THAT(Released(), IsEmpty());
  query.reset();
  EXPECT_THAT(Released(), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), HasSubstr("is not deleted yet"));
  ASSERT_TRUE(catalog_->ForgetRemovedFiles({"a", "b"}).ok());
  EXPECT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
}

TEST_F(CatalogDropTest, ARestartReleasesWhatWasNotForgotten) {
  ASSERT_EQ(Drop(DropOf(1, "cpu")), "2");
  ASSERT_TRUE(catalog_->ForgetRemovedFiles({"a"}).ok());
  Reopen();
  EXPECT_THAT(Released(), ElementsAre("b"));
  ASSERT_TRUE(catalog_->ForgetRemovedFiles({"b"}).ok());
  Reopen();
  EXPECT_THAT(catalog_->removed_files().All(), IsEmpty());
}

}  // namespace
}  // namespace arc::catalog
