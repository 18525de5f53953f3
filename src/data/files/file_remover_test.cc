#include "data/files/file_remover.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/files/file_name.h"
#include "foundation/base/mutex.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kRoot = "/files";
const MeasurementName kCpu{"db", "cpu"};

// The path with a name that only files of ours have, another one for each `path`.
std::string Own(const std::string& path) {
  const auto name = fmt::format("{:016x}-000001", std::hash<std::string>()(path));
  return fs::ParentOf(path) + "/" + PublishedName(name);
}

// Files are a few bytes: nobody here looks into them.
class FileRemoverTest : public ::testing::Test {
 protected:
  FileRemoverTest() {
    EXPECT_TRUE(disk_.CreateDirectories(kRoot).ok());
    OpenCatalog();
  }
  ~FileRemoverTest() override { CloseAll(); }

  void OpenCatalog() {
    catalog::Catalog::Options options;
    options.path = "/catalog.db";
    catalog_ = catalog::Catalog::Open(options, disk_, Clock::System()).TakeValue();
  }
  void Start() {
    remover_ = std::make_unique<FileRemover>(kRoot, disk_, *catalog_, Clock::System(),
                                             std::chrono::milliseconds(1));
  }
  void CloseAll() {
    if (remover_) remover_->Close();
    EXPECT_TRUE(catalog_->Close().ok());
  }
  void Publish(std::uint64_t id, const std::string& measurement,
               const std::vector<std::string>& paths) {
    catalog::MeasurementChange change;
    change.id = MeasurementId{id};
    change.name = {"db", measurement};
    change.schema = std::make_shared<const RowSchema>();
    for (const auto& path : paths) {
      const auto full = kRoot + "/" + path;
      ASSERT_TRUE(disk_.CreateDirectories(fs::ParentOf(full)).ok());
      ASSERT_TRUE(fs::WriteWholeFile(disk_, full, "rows").ok());
      change.added_files.push_back({});
      change.added_files.back().path = path;
      change.added_files.back().row_count = 1;
    }
    ASSERT_TRUE(catalog_->CommitAndWait({{std::move(change)}}).ok());
  }
  void Drop(std::uint64_t id, const std::string& measurement) {
    catalog::DropChange change;
    change.measurements = {{{"db", measurement}, MeasurementId{id}}};
    change.lsn = Lsn{100};
    ASSERT_TRUE(catalog_->Drop(std::move(change)).ok());
  }
  bool Exists(const std::string& path) { return disk_.Exists(kRoot + "/" + path).value(); }
  // Until the remover has forgotten all but `left` files, which is the last thing it does.
  void WaitUntilLeft(std::size_t left) {
    while (catalog_->removed_files().All().size() > left) std::this_thread::yield();
  }

  arc::testing::FaultyFileSystem disk_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<FileRemover> remover_;
};

TEST_F(FileRemoverTest, FilesGoWithTheFoldersThatAreEmptyThen) {
  Publish(1, "cpu", {Own("db/cpu/2024/01/a"), Own("db/cpu/2024/02/b")});
  Publish(2, "mem", {Own("db/mem/2024/c")});
  Start();
  Drop(1, "cpu");
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists(Own("db/cpu/2024/01/a")));
  EXPECT_FALSE(Exists("db/cpu"));
  EXPECT_TRUE(Exists(Own("db/mem/2024/c")));
  Drop(2, "mem");
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists("db"));
  EXPECT_TRUE(Exists(""));
}

TEST_F(FileRemoverTest, AdoptedFilesStayAndAreForgotten) {
  Publish(1, "cpu", {Own("db/cpu/2024/a"), "db/cpu/2024/cpu_1.parquet", "db/cpu/2023/old.parquet"});
  Start();
  Drop(1, "cpu");
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists(Own("db/cpu/2024/a")));
  EXPECT_TRUE(Exists("db/cpu/2024/cpu_1.parquet"));
  EXPECT_TRUE(Exists("db/cpu/2023/old.parquet"));
  Publish(2, "cpu", {"db/cpu/2023/old2.parquet"});
  EXPECT_THAT(catalog_->removed_files().All(), IsEmpty());
}

TEST_F(FileRemoverTest, AFileGoesAfterTheLastSnapshotThatShowsIt) {
  Publish(1, "cpu", {Own("db/cpu/a")});
  Publish(2, "mem", {Own("db/mem/b")});
  Start();
  auto before_drops = catalog_->snapshot();
  Drop(1, "cpu");
  auto between_drops = catalog_->snapshot();
  Drop(2, "mem");
  EXPECT_TRUE(Exists(Own("db/cpu/a")));
  before_drops.reset();
  WaitUntilLeft(1);
  EXPECT_FALSE(Exists(Own("db/cpu/a")));
  EXPECT_TRUE(Exists(Own("db/mem/b"))) << "a query still reads it";
  between_drops.reset();
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists(Own("db/mem/b")));
}

TEST_F(FileRemoverTest, WhatCannotBeUnlinkedIsTriedAgainAndHoldsUpNothing) {
  Publish(1, "cpu", {Own("db/cpu/stuck"), Own("db/cpu/free")});
  Mutex mutex;
  Condition changed;
  int tries = 0;
  disk_.FailEvery("remove /files/" + Own("db/cpu/stuck"), ErrorCode::kStorageFailed);
  disk_.DelayEvery("remove /files/" + Own("db/cpu/stuck"), [&](const auto&) {
    MutexLock lock(mutex);
    tries++;
    changed.NotifyAll();
  });
  Start();
  Drop(1, "cpu");
  WaitUntilLeft(1);
  EXPECT_FALSE(Exists(Own("db/cpu/free")));
  {
    MutexLock lock(mutex);
    while (tries < 3) changed.Wait(lock);
  }
  EXPECT_TRUE(Exists(Own("db/cpu/stuck")));
  EXPECT_THAT(catalog_->removed_files().All(), ElementsAre(Own("db/cpu/stuck")));
  disk_.Repair();
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists("db"));
}

TEST_F(FileRemoverTest, NothingIsForgottenBeforeItsAbsenceIsDurable) {
  Publish(1, "cpu", {Own("db/cpu/a")});
  Publish(2, "mem", {Own("db/mem/b")});
  std::atomic<bool> tried{false};
  disk_.FailEvery("sync folder /files/db", ErrorCode::kStorageFailed);
  disk_.DelayEvery("sync folder /files/db", [&](const auto&) { tried = true; });
  Start();
  Drop(1, "cpu");
  while (!tried) std::this_thread::yield();
  remover_->Close();
  EXPECT_THAT(catalog_->removed_files().All(), ElementsAre(Own("db/cpu/a")));
  disk_.Repair();
  CloseAll();
  OpenCatalog();
  Start();
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists("db/cpu"));
}

TEST_F(FileRemoverTest, TheRestOfAnEarlierRunGoesAtTheStart) {
  Publish(1, "cpu", {Own("db/cpu/a"), Own("db/cpu/gone")});
  Drop(1, "cpu");
  ASSERT_TRUE(disk_.Remove(kRoot + "/" + Own("db/cpu/gone")).ok());  // and then came the crash
  CloseAll();
  disk_.Crash(arc::testing::Unsynced::kKeepAll);
  disk_.Reboot();
  OpenCatalog();
  EXPECT_THAT(catalog_->removed_files().All(),
              UnorderedElementsAre(Own("db/cpu/a"), Own("db/cpu/gone")));
  EXPECT_TRUE(Exists(Own("db/cpu/a")));
  Start();
  WaitUntilLeft(0);
  EXPECT_FALSE(Exists("db"));
  CloseAll();
  OpenCatalog();
  EXPECT_THAT(catalog_->removed_files().All(), IsEmpty()) << "also on disk";
}

// Whatever the power failure takes back: no file of a dropped measurement is there that nobody
// knows of, and none of another one is gone.
TEST_F(FileRemoverTest, ACrashAtAnyOperationLeavesNoFileThatNobodyKnows) {
  Publish(1, "cpu", {Own("db/cpu/2024/a"), Own("db/cpu/2024/b")});
  Publish(2, "mem", {Own("db/mem/c")});
  Start();
  const auto begin = disk_.operation_count();
  Drop(1, "cpu");
  WaitUntilLeft(0);
  const auto count = disk_.operation_count() - begin;
  for (std::uint64_t i = 1; i <= count; i++) {
    CloseAll();
    remover_.reset();
    OpenCatalog();
    const auto id = 10 + i;
    Publish(id, "again", {Own("db/again/2024/" + std::to_string(id))});
    disk_.CrashAt(disk_.operation_count() + i, arc::testing::CrashMode::kBefore,
                  arc::testing::Unsynced::kRandomSubset);
    Start();
    catalog::DropChange change;
    change.measurements = {{{"db", "again"}, MeasurementId{id}}};
    change.lsn = Lsn{100 + i};
    IgnoreFailure(catalog_->Drop(std::move(change)), "the power may have failed already");
    while (!disk_.has_crashed() && !catalog_->removed_files().All().empty()) {
      std::this_thread::yield();
    }
    remover_->Close();
    IgnoreFailure(catalog_->Close(), "the power has failed");
    disk_.Reboot();
    OpenCatalog();
    Start();
    WaitUntilLeft(0);
    const bool is_live = catalog_->snapshot()->FindMeasurement({"db", "again"}) != nullptr;
    EXPECT_EQ(Exists(Own("db/again/2024/" + std::to_string(id))), is_live) << "at " << i;
    EXPECT_TRUE(Exists(Own("db/mem/c")));
    if (is_live) Drop(id, "again");
    WaitUntilLeft(0);
  }
}

}  // namespace
}  // namespace arc::files
