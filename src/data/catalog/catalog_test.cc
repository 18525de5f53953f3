#include "data/catalog/catalog.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/catalog/catalog_test_base.h"

namespace arc::catalog {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CatalogTest : public CatalogTestBase {
 protected:
  void SetUp() override { OpenOrDie(); }
};

TEST_F(CatalogTest, ANewCatalogIsEmpty) {
  EXPECT_EQ(Everything(), "0 measurements\n");
  EXPECT_EQ(catalog_->greatest_lsn(), kLsnZero);
  EXPECT_EQ(catalog_->greatest_measurement_id(), MeasurementId{});
  EXPECT_EQ(catalog_->transaction_count(), 0u);
  EXPECT_EQ(catalog_->snapshot()->FindDatabase("db"), nullptr);
  EXPECT_EQ(Find("cpu"), nullptr);
}

TEST_F(CatalogTest, AFlushMakesDatabaseMeasurementAndFiles) {
  auto file = FileAt("db/cpu/1.parquet", 1000);
  file.min_lsn = Lsn{3};
  file.max_lsn = Lsn{7};
  auto change = ChangeOf(5, "cpu", {file});
  change.flushed = {{kLsnZero, Lsn{8}}};
  ASSERT_EQ(Commit(change), "ok");

  EXPECT_EQ(catalog_->snapshot()->FindDatabase("db")->created_at, clock_.NowMicros());
  const auto cpu = Find("cpu");
  ASSERT_NE(cpu, nullptr);
  EXPECT_EQ(cpu->id, MeasurementId{5});
  EXPECT_EQ(cpu->flushed_lsn, Lsn{8});
  EXPECT_EQ(*cpu->schema, *change.schema);
  ASSERT_EQ(cpu->files.size(), 1u);
  EXPECT_EQ(cpu->files[0], file);
  EXPECT_EQ(catalog_->greatest_lsn(), Lsn{8});
  EXPECT_EQ(catalog_->greatest_measurement_id(), MeasurementId{5});
}

TEST_F(CatalogTest, AReaderKeepsTheSnapshotItStartedWith) {
  ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
  ASSERT_EQ(Commit(ChangeOf(2, "mem", {FileAt("b", 1)})), "ok");
  const auto before = catalog_->snapshot();
  const auto text_before = Describe(*before);
  auto compaction = ChangeOf(1, "cpu", {FileAt("c", 1)});
  compaction.removed_paths = {"a"};
  ASSERT_EQ(Commit(compaction), "ok");

  EXPECT_EQ(Describe(*before), text_before);
  EXPECT_EQ(Find("cpu")->files[0].path, "c");
  // What did not change is shared, not copied.
  EXPECT_EQ(Find("mem"), before->FindMeasurement({"db", "mem"}));
  EXPECT_EQ(Find("cpu")->schema, before->FindMeasurement({"db", "cpu"})->schema);
}

TEST_F(CatalogTest, SchemasOnlyGrow) {
  ASSERT_EQ(Commit(ChangeOf(1, "cpu")), "ok");
  auto wider = ChangeOf(1, "cpu");
  wider.schema = SchemaOf({{"VALUE", ColumnType::kDouble, ColumnRole::kField},
                           {"host", ColumnType::kString, ColumnRole::kField},
                           {"new", ColumnType::kNull, ColumnRole::kField}});
  ASSERT_EQ(Commit(wider), "ok");
  EXPECT_THAT(Find("cpu")->schema->columns(),
              ElementsAre(SchemaColumn{"host", ColumnType::kString, ColumnRole::kTag},
                          SchemaColumn{"value", ColumnType::kDouble, ColumnRole::kField},
                          SchemaColumn{"new", ColumnType::kNull, ColumnRole::kField}));
  auto refused = ChangeOf(1, "cpu", {FileAt("a", 1)});
  refused.schema = SchemaOf({{"host", ColumnType::kInt64, ColumnRole::kField}});
  EXPECT_THAT(Commit(refused), HasSubstr("does not fit"));
  EXPECT_TRUE(Find("cpu")->files.empty());
}

TEST_F(CatalogTest, FlushesOfAMeasurementGoInOrder) {
  auto flush = ChangeOf(1, "cpu");
  flush.flushed = {{Lsn{1}, Lsn{2}}};
  EXPECT_THAT(Commit(flush), HasSubstr("flushed up to LSN 0, not 1"));
  flush.flushed = {{kLsnZero, Lsn{2}}};
  EXPECT_EQ(Commit(flush), "ok");
  EXPECT_THAT(Commit(flush), HasSubstr("flushed up to LSN 2, not 0"));
  flush.flushed = {{Lsn{2}, Lsn{1}}};
  EXPECT_THAT(Commit(flush), HasSubstr("cannot become 1"));
  flush.flushed.reset();
  EXPECT_EQ(Commit(flush), "ok");
  EXPECT_EQ(Find("cpu")->flushed_lsn, Lsn{2});
}

TEST_F(CatalogTest, NamesAndIdsBelongTogether) {
  ASSERT_EQ(Commit(ChangeOf(1, "cpu")), "ok");
  EXPECT_THAT(Commit(ChangeOf(2, "cpu")), HasSubstr("it exists with id 1, not 2"));
  EXPECT_THAT(Commit(ChangeOf(1, "mem")), HasSubstr("id 1 is another's"));
  EXPECT_THAT(Commit(ChangeOf(0, "mem")), HasSubstr("its id is 0"));
  EXPECT_THAT(Commit(ChangeOf(2, "../etc")), HasSubstr("invalid measurement name"));
  auto reserved = ChangeOf(2, "mem");
  reserved.name.database = "system";
  EXPECT_THAT(Commit(reserved), HasSubstr("reserved"));
  EXPECT_THAT(Commit({{ChangeOf(1, "cpu"), ChangeOf(1, "cpu")}}), HasSubstr("twice"));
  EXPECT_EQ(catalog_->snapshot()->measurement_count(), 1u);
  EXPECT_EQ(catalog_->greatest_measurement_id(), MeasurementId{1});
}

TEST_F(CatalogTest, PathsAreAddedOnceAndRemovedOnce) {
  ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1), FileAt("b", 2)})), "ok");
  EXPECT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 9)})), "file 'a' is in the catalog already");
  EXPECT_EQ(Commit(ChangeOf(2, "mem", {FileAt("a", 1)})), "file 'a' is in the catalog already");
  EXPECT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("c", 1), FileAt("c", 2)})),
            "file 'c' is in the catalog already");
  auto removal = ChangeOf(1, "cpu");
  removal.removed_paths = {"a", "missing"};
  EXPECT_EQ(Commit(removal), "file 'missing' is not in the catalog any more");
  removal.removed_paths = {"a", "a"};
  EXPECT_EQ(Commit(removal), "file 'a' is not in the catalog any more");
  auto of_another = ChangeOf(2, "mem");
  of_another.removed_paths = {"a"};
  EXPECT_EQ(Commit(of_another), "file 'a' is not in the catalog any more");
  auto both = ChangeOf(1, "cpu", {FileAt("a", 1)});
  both.removed_paths = {"a"};
  EXPECT_THAT(Commit(both), HasSubstr("both added and removed"));
  EXPECT_EQ(Find("cpu")->files.size(), 2u);
  EXPECT_EQ(Find("mem"), nullptr);

  removal.removed_paths = {"a"};
  EXPECT_EQ(Commit(removal), "ok");
  EXPECT_THAT(Commit(ChangeOf(2, "mem", {FileAt("a", 1)})), HasSubstr("is not deleted yet"));
}

TEST_F(CatalogTest, EntriesThatContradictThemselvesAreRefused) {
  const auto outcome_of = [&](auto spoil) {
    auto file = FileAt("a", 1);
    spoil(file);
    return Commit(ChangeOf(1, "cpu", {file}));
  };
  const auto refused = HasSubstr("contradicts itself");
  EXPECT_THAT(outcome_of([](FileEntry& file) { file.path = ""; }), refused);
  EXPECT_THAT(outcome_of([](FileEntry& file) { file.max_time = 0; }), refused);
  EXPECT_THAT(outcome_of([](FileEntry& file) { file.row_count = 0; }), refused);
  EXPECT_THAT(outcome_of([](FileEntry& file) { file.level = 3; }), refused);
  EXPECT_THAT(outcome_of([](FileEntry& file) { file.min_lsn = Lsn{1}; }), refused);
  EXPECT_EQ(outcome_of([](FileEntry&) {}), "ok");
}

TEST_F(CatalogTest, AChangeIsWholeOrNotAtAll) {
  ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
  const auto before = Everything();
  auto elsewhere = ChangeOf(2, "mem", {FileAt("b", 1)});
  elsewhere.name.database = "other";
  EXPECT_THAT(Commit({{elsewhere, ChangeOf(1, "cpu", {FileAt("a", 2)})}}), HasSubstr("already"));
  EXPECT_EQ(Everything(), before);
  EXPECT_EQ(catalog_->greatest_measurement_id(), MeasurementId{1});
  Close();
  OpenOrDie();
  EXPECT_EQ(Everything(), before);
}

TEST_F(CatalogTest, DatabasesAreCreatedOnce) {
  EXPECT_EQ(OutcomeText(catalog_->CreateDatabase("metrics")), "ok");
  const auto again = catalog_->CreateDatabase("metrics");
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(again.error().message, "Database 'metrics' already exists");
  EXPECT_EQ(catalog_->CreateDatabase("1st").error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(catalog_->CreateDatabase("system").error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(catalog_->snapshot()->Databases().size(), 1u);
}

TEST_F(CatalogTest, ListsAreByName) {
  auto other = ChangeOf(4, "disk");
  other.name.database = "a";
  ASSERT_EQ(Commit({{ChangeOf(1, "mem"), ChangeOf(2, "cpu"), ChangeOf(3, "net"), other}}), "ok");
  const auto snapshot = catalog_->snapshot();
  std::vector<std::string> names;
  for (const auto& database : snapshot->Databases()) names.push_back(database->name);
  for (const auto& measurement : snapshot->Measurements("db")) {
    names.push_back(measurement->name.measurement);
  }
  EXPECT_THAT(names, ElementsAre("a", "db", "cpu", "mem", "net"));
  EXPECT_TRUE(snapshot->Measurements("missing").empty());
  EXPECT_EQ(snapshot->measurement_count(), 4u);
}

TEST_F(CatalogTest, HighWaterOnlyRises) {
  ASSERT_TRUE(catalog_->RaiseLastIds(Lsn{10}, MeasurementId{20}).ok());
  ASSERT_TRUE(catalog_->RaiseLastIds(Lsn{5}, MeasurementId{25}).ok());
  Close();
  OpenOrDie();
  EXPECT_EQ(catalog_->greatest_lsn(), Lsn{10});
  EXPECT_EQ(catalog_->greatest_measurement_id(), MeasurementId{25});
}

TEST_F(CatalogTest, WhatWaitsTogetherIsOneTransaction) {
  constexpr std::size_t kCount = 10'000;
  std::vector<std::size_t> completed;
  {
    const HeldUp held(*catalog_);
    ASSERT_EQ(catalog_->transaction_count(), 1u);
    for (std::size_t i = 1; i <= kCount; i++) {
      const auto name = fmt::format("m{}", i);
      catalog_->Commit(Only(ChangeOf(i, name, {FileAt(name, 1)})), [&, i](Result<void> outcome) {
        if (outcome.ok() && catalog_->snapshot()->measurement_count() == kCount) {
          completed.push_back(i);
        }
      });
    }
  }
  ASSERT_TRUE(catalog_->Close().ok());
  EXPECT_EQ(catalog_->transaction_count(), 2u);
  ASSERT_EQ(completed.size(), kCount);
  EXPECT_TRUE(std::is_sorted(completed.begin(), completed.end()));
}

TEST_F(CatalogTest, ARefusedChangeLeavesTheOthersOfItsGroup) {
  std::vector<std::string> outcomes;
  {
    const HeldUp held(*catalog_);
    const auto commit = [&](MeasurementChange change) {
      catalog_->Commit(Only(std::move(change)), [&](const Result<void>& outcome) {
        outcomes.push_back(OutcomeText(outcome));
      });
    };
    commit(ChangeOf(1, "cpu", {FileAt("a", 1)}));
    commit(ChangeOf(2, "mem", {FileAt("b", 1), FileAt("a", 1)}));  // refused by SQLite's index
    commit(ChangeOf(3, "cpu", {FileAt("c", 1)}));                  // refused before
    commit(ChangeOf(4, "mem", {FileAt("b", 1)}));
  }
  Close();
  EXPECT_THAT(outcomes, ElementsAre("ok", "file 'a' is in the catalog already",
                                    HasSubstr("it exists with id 1, not 3"), "ok"));
  OpenOrDie();
  EXPECT_EQ(Find("cpu")->files.size(), 1u);
  EXPECT_EQ(Find("mem")->id, MeasurementId{4});
  EXPECT_EQ(Find("mem")->files.size(), 1u);
}

TEST_F(CatalogTest, ATransactionTakesAtMostAGroup) {
  Close();
  options_.group_changes_max = 10;
  OpenOrDie();
  {
    const HeldUp held(*catalog_);
    for (std::uint64_t i = 1; i <= 25; i++) {
      catalog_->Commit(Only(ChangeOf(i, fmt::format("m{}", i))), [](const Result<void>&) {});
    }
  }
  ASSERT_TRUE(catalog_->Close().ok());
  EXPECT_EQ(catalog_->transaction_count(), 1u + 3u);
}

TEST_F(CatalogTest, OnlyRefusedChangesAreNoTransaction) {
  EXPECT_NE(Commit(ChangeOf(0, "cpu")), "ok");
  EXPECT_EQ(catalog_->transaction_count(), 0u);
}

TEST_F(CatalogTest, AFullQueueRefusesAtOnce) {
  Close();
  options_.queue_changes_max = 2;
  OpenOrDie();
  const HeldUp held(*catalog_);
  ErrorCode code{};
  for (std::uint64_t i = 1; i <= 3; i++) {
    catalog_->Commit(Only(ChangeOf(i, fmt::format("m{}", i))), [&code](const Result<void>& out) {
      if (!out.ok()) code = out.error().code;
    });
  }
  EXPECT_EQ(code, ErrorCode::kOverloaded);  // on this thread: the committer is still held up
}

TEST_F(CatalogTest, AClosedCatalogTakesNothing) {
  ASSERT_TRUE(catalog_->Close().ok());
  EXPECT_TRUE(catalog_->Close().ok());
  EXPECT_EQ(catalog_->CommitAndWait({}).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(catalog_->CreateDatabase("db").error().code, ErrorCode::kCancelled);
  EXPECT_NE(catalog_->snapshot(), nullptr);
}

// Random changes, some of them refused, in random groups; then what the snapshot says must be what
// the file says.
TEST_F(CatalogTest, ReopeningChangesNothing) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  constexpr ColumnType kTypes[] = {ColumnType::kNull, ColumnType::kInt64, ColumnType::kDouble,
                                   ColumnType::kString};
  std::uint64_t next_file = 0;
  for (int round = 0; round < 8; round++) {
    int applied_count = 0;
    {
      const HeldUp held(*catalog_);
      for (int i = 0; i < 100; i++) {
        CatalogChange change;
        for (auto count = 1 + random() % 3; count > 0; count--) {
          const auto number = 1 + random() % 20;
          auto part = ChangeOf(number, fmt::format("m{}", number));
          part.schema = SchemaOf({{fmt::format("c{}", random() % 8), kTypes[random() % 4],
                                   random() % 2 == 0 ? ColumnRole::kTag : ColumnRole::kField}});
          for (auto files = random() % 4; files > 0; files--) {
            auto file = FileAt(fmt::format("f{}", next_file++), static_cast<int>(random()));
            file.min_lsn = Lsn{next_file};
            file.max_lsn = Lsn{next_file + 2};
            part.added_files.push_back(file);
          }
          const auto live = Find(part.name.measurement);
          if (live && !live->files.empty() && random() % 2 == 0) {
            part.removed_paths.push_back(live->files[random() % live->files.size()].path);
          }
          const auto stored = live ? live->flushed_lsn : kLsnZero;
          if (random() % 3 == 0) part.flushed = {{stored, Next(stored)}};
          change.measurements.push_back(std::move(part));
        }
        catalog_->Commit(std::move(change), [&](const Result<void>& outcome) {
          if (outcome.ok()) applied_count++;
        });
      }
    }
    ASSERT_EQ(Commit(CatalogChange{}), "ok");
    EXPECT_GT(applied_count, 0);
    EXPECT_LT(applied_count, 100);
    const auto everything = Everything();
    const auto lsn = catalog_->greatest_lsn();
    const auto id = catalog_->greatest_measurement_id();
    Close();
    OpenOrDie();
    ASSERT_EQ(Everything(), everything) << "round " << round;
    EXPECT_EQ(catalog_->greatest_lsn(), lsn);
    EXPECT_EQ(catalog_->greatest_measurement_id(), id);
  }
}

}  // namespace
}  // namespace arc::catalog
