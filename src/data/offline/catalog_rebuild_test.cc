// A rebuilt catalog gives the rows that the lost one gave, wherever a crash came.

#include "data/offline/catalog_rebuild.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "data/store/crash_fixture.h"

namespace arc::offline {
namespace {

using store::Contents;
using store::FaultyFileSystem;
using store::Files;
using store::History;
using store::kFilesRoot;
using store::OpenStore;
using store::SmallStore;
using store::Unsynced;
using store::Way;
using store::Workload;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Rebuilt {
  Result<RebuildReport> report;
  std::vector<std::string> remarks;
};

Rebuilt Rebuild(FaultyFileSystem& disk, OldCatalog old_catalog = OldCatalog::kRefuse) {
  std::vector<std::string> remarks;
  const RebuildListener listener{
      [&](std::string_view path, std::string_view reason) {
        remarks.push_back(std::string(path) + ": " + std::string(reason));
      },
      [](std::uint64_t, std::uint64_t) {}};
  auto report = RebuildCatalog(disk, Clock::System(), store::Store::PathsOf(SmallStore()),
                               old_catalog, listener);
  return {std::move(report), std::move(remarks)};
}

Files WithoutCatalog(Files files) {
  std::erase_if(files, [](const auto& file) { return file.first.starts_with("/data/catalog.db"); });
  return files;
}

// Flushes of one and of two files, with rows before, between and after them.
Result<void> Publish(Workload& work) {
  TRY(work.Start());
  TRY(work.Write("one", {{"cpu", 3}, {"mem", 1}}));
  TRY(work.Flush());
  TRY(work.Write("one", {{"cpu", 2}, {"disk", 1}}));
  TRY(work.Write("two", {{"cpu", 2}}));
  TRY(work.Flush());
  for (int i = 0; i < 3; i++) TRY(work.Write("one", {store::kBulk, {"cpu", 1}}));
  TRY(work.Flush());
  TRY(work.Write("one", {{"cpu", 2}, {"mem", 2}}));
  return work.Close();
}

Contents MustStart(FaultyFileSystem& disk, bool has_problems_allowed) {
  auto started = OpenStore::Start(disk, SmallStore());
  EXPECT_TRUE(started.ok()) << LogText(started.error());
  if (!started.ok()) return {};
  auto& store = *started.value();
  EXPECT_TRUE(has_problems_allowed || store->Problems().empty()) << store->Problems().front();
  EXPECT_EQ(store.UnlistedFiles(), std::vector<std::string>());
  return store.Read();
}

void CheckRebuilt(const Files& files, const Contents& expected) {
  FaultyFileSystem disk;
  disk.SetCapacity(store::kDiskBytes);
  store::WriteTree(disk, files);
  // Empty folders are not in `files`.
  ASSERT_TRUE(disk.CreateDirectories(kFilesRoot).ok());
  const auto rebuilt = Rebuild(disk);
  if (!rebuilt.report.ok() && expected.empty()) {
    EXPECT_EQ(rebuilt.report.error().code, ErrorCode::kNotFound);
    return;
  }
  ASSERT_TRUE(rebuilt.report.ok()) << LogText(rebuilt.report.error());
  EXPECT_THAT(rebuilt.remarks, IsEmpty());
  const bool has_state = files.contains("/data/arc.state");
  EXPECT_EQ(MustStart(disk, !has_state), expected);
  auto again = OpenStore::Start(disk, SmallStore());
  ASSERT_TRUE(again.ok()) << LogText(again.error());
  EXPECT_TRUE(again.value()->Write("one", {{"cpu", {1'000'000}}}).ok());
  EXPECT_TRUE(again.value()->Flush().ok());
  auto more = expected;
  more["one.cpu"].insert(1'000'000);
  EXPECT_EQ(again.value()->Read(), more);
}

// With the old catalog and with a new one of the files alone: the same rows.
bool CrashAndRebuild(FaultyFileSystem& disk, std::uint64_t number, Way way) {
  disk.CrashAt(number, way.mode, way.unsynced);
  History history(store::Durability::kSync);
  bool has_crashed = false;
  {
    Workload work(disk, SmallStore(), history);
    const auto worked = Publish(work);
    has_crashed = disk.has_crashed();
    EXPECT_TRUE(has_crashed || worked.ok()) << LogText(worked.error());
  }
  SCOPED_TRACE(disk.Describe(number));
  disk.Reboot();
  const auto files = store::ReadTree(disk);
  const auto contents = MustStart(disk, false);
  history.Check(contents);
  auto bare = WithoutCatalog(files);
  CheckRebuilt(bare, contents);
  bare.erase("/data/arc.state");
  CheckRebuilt(bare, contents);
  return has_crashed;
}

TEST(CatalogRebuildTest, ACrashAnywhereThenARebuildGivesTheSameRows) {
  store::CrashEverywhere("publications", CrashAndRebuild);
}

class RebuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    disk_.SetCapacity(store::kDiskBytes);
    Workload work(disk_, SmallStore(), history_);
    const auto worked = Publish(work);
    ASSERT_TRUE(worked.ok()) << LogText(worked.error());
  }

  FaultyFileSystem disk_;
  History history_{store::Durability::kSync};
};

TEST_F(RebuildTest, AnExistingCatalogIsReplacedOnlyWhenAskedFor) {
  const auto before = store::ReadTree(disk_);
  const auto refused = Rebuild(disk_);
  ASSERT_FALSE(refused.report.ok());
  EXPECT_EQ(refused.report.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(refused.report.error().message, HasSubstr("--replace"));
  EXPECT_EQ(store::ReadTree(disk_), before);

  const auto replaced = Rebuild(disk_, OldCatalog::kKeepAside);
  ASSERT_TRUE(replaced.report.ok()) << LogText(replaced.report.error());
  EXPECT_EQ(replaced.report.value().measurement_count, 5u);
  const auto kept = replaced.report.value().kept_as;
  EXPECT_EQ(store::ReadTree(disk_).at(kept), before.at("/data/catalog.db"));
  EXPECT_EQ(MustStart(disk_, false), history_.acknowledged());
}

// The old catalog, put back after a new one was used, is known as old.
TEST_F(RebuildTest, TheReplacedCatalogCannotComeBackUnnoticed) {
  const auto replaced = Rebuild(disk_, OldCatalog::kKeepAside);
  ASSERT_TRUE(replaced.report.ok());
  MustStart(disk_, false);
  ASSERT_TRUE(disk_.Rename(replaced.report.value().kept_as, "/data/catalog.db").ok());
  const auto started = OpenStore::Start(disk_, SmallStore());
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("older than it was"));
}

TEST_F(RebuildTest, ACrashInARebuildIsMendedByAnother) {
  const auto before = store::ReadTree(disk_);
  std::uint64_t crash_count = 0;
  for (std::uint64_t number = 1;; number++) {
    FaultyFileSystem disk(number);
    disk.SetCapacity(store::kDiskBytes);
    store::WriteTree(disk, before);
    const auto way = store::kWays[number % std::size(store::kWays)];
    disk.CrashAt(disk.operation_count() + number, way.mode, way.unsynced);
    const auto rebuilt = Rebuild(disk, OldCatalog::kKeepAside);
    if (!disk.has_crashed()) {
      EXPECT_TRUE(rebuilt.report.ok());
      break;
    }
    crash_count++;
    disk.Reboot();
    const auto started = OpenStore::Start(disk, SmallStore());
    if (started.ok()) {
      EXPECT_EQ(started.value()->Read(), history_.acknowledged());
      continue;
    }
    EXPECT_THAT(started.error().message, HasSubstr("arc catalog rebuild"));
    const auto again = Rebuild(disk, OldCatalog::kKeepAside);
    ASSERT_TRUE(again.report.ok()) << LogText(again.report.error());
    EXPECT_EQ(MustStart(disk, true), history_.acknowledged()) << "crash at " << number;
  }
  EXPECT_GT(crash_count, 50u);
}

TEST_F(RebuildTest, AFileThatIsMissingOrDamagedIsTold) {
  auto files = WithoutCatalog(store::ReadTree(disk_));
  std::vector<std::string> data_files;
  for (const auto& [path, bytes] : files) {
    if (path.ends_with(".parquet") && path.find("/one/cpu/") != std::string::npos) {
      data_files.push_back(path);
    }
  }
  ASSERT_GT(data_files.size(), 4u);
  files.erase(data_files[0]);
  files[data_files[1]].resize(files[data_files[1]].size() / 2);
  FaultyFileSystem disk;
  disk.SetCapacity(store::kDiskBytes);
  store::WriteTree(disk, files);
  const auto rebuilt = Rebuild(disk);
  ASSERT_TRUE(rebuilt.report.ok());
  EXPECT_EQ(rebuilt.report.value().unreadable_count, 1u);
  EXPECT_GE(rebuilt.report.value().incomplete_count, 1u);
  EXPECT_EQ(rebuilt.remarks.size(), rebuilt.report.value().incomplete_count + 1);
  const auto found = OpenStore::Start(disk, SmallStore());
  ASSERT_TRUE(found.ok());
  for (const auto& [table, ids] : found.value()->Read()) {
    for (const auto id : ids) EXPECT_EQ(ids.count(id), 1u) << table;
  }
}

// The rows of a measurement that was dropped and made again stay gone, in files and in the log.
TEST(RebuildOfDropsTest, AMeasurementThatWasMadeAgainHasItsNewRowsOnly) {
  FaultyFileSystem disk;
  disk.SetCapacity(store::kDiskBytes);
  Contents expected;
  Files files;
  {
    auto started = OpenStore::Start(disk, SmallStore());
    ASSERT_TRUE(started.ok());
    auto& store = *started.value();
    ASSERT_TRUE(store.Write("one", {{"cpu", {1, 2}}, {"mem", {3}}}).ok());
    ASSERT_TRUE(store.Flush().ok());
    ASSERT_TRUE(store.Write("one", {{"cpu", {4}}}).ok());
    files = store::ReadTree(disk);  // with the file of what is dropped
    ASSERT_TRUE(store->dropper().DropMeasurement({"one", "cpu"}).ok());
    ASSERT_TRUE(store.Write("one", {{"cpu", {5}}}).ok());
    expected = store.Read();
    disk.Crash(Unsynced::kKeepAll);
  }
  disk.Reboot();
  for (const auto& [path, bytes] : store::ReadTree(disk)) files[path] = bytes;
  FaultyFileSystem bare;
  bare.SetCapacity(store::kDiskBytes);
  store::WriteTree(bare, WithoutCatalog(files));
  const auto rebuilt = Rebuild(bare);
  ASSERT_TRUE(rebuilt.report.ok()) << LogText(rebuilt.report.error());
  EXPECT_THAT(rebuilt.remarks, ::testing::Each(HasSubstr("dropped")));
  EXPECT_EQ(rebuilt.remarks.size(), 2u);
  auto started = OpenStore::Start(bare, SmallStore());
  ASSERT_TRUE(started.ok()) << LogText(started.error());
  EXPECT_EQ(started.value()->Read(), expected);
  EXPECT_TRUE((*started.value())->Problems().empty());
}

}  // namespace
}  // namespace arc::offline
