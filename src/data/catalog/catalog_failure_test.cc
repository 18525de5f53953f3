// What becomes of a catalog whose disk fails while the machine goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/catalog/catalog_test_base.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::catalog {
namespace {

using testing::FaultyFileSystem;
using ::testing::HasSubstr;
using testing::Unsynced;

struct HasFaultyDisk {
  FaultyFileSystem faulty_;
};

class CatalogFailureTest : protected HasFaultyDisk, public CatalogTestBase {
 protected:
  CatalogFailureTest() : CatalogTestBase(faulty_) {}

  void SetUp() override {
    ASSERT_TRUE(faulty_.CreateDirectories(directory_.path()).ok());
    OpenOrDie();
    ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
  }
  void TearDown() override { faulty_.Repair(); }

  void FailWritesAndOpenings() {
    faulty_.FailEvery("write ", ErrorCode::kStorageFailed);
    faulty_.FailEvery("open ", ErrorCode::kStorageFailed);
  }
  void FillDisk() {
    constexpr std::uint64_t kCapacity = 1 << 30;
    faulty_.SetCapacity(kCapacity);
    faulty_.SetCapacity(kCapacity - faulty_.FreeBytes("/").value());
  }

  Error FailureOf(MeasurementChange change) {
    const auto outcome = catalog_->CommitAndWait(Only(std::move(change)));
    EXPECT_FALSE(outcome.ok());
    return outcome.ok() ? Error{ErrorCode::kInternal, "no failure"} : outcome.error();
  }

  // The snapshot is what the file says, and the catalog takes changes again.
  void ExpectTruthAndGoOn() {
    const auto everything = Everything();
    Close();
    OpenOrDie();
    EXPECT_EQ(Everything(), everything);
    EXPECT_EQ(Commit(ChangeOf(9, "later", {FileAt("later", 1)})), "ok");
    EXPECT_EQ(Find("later")->files.size(), 1u);
  }
};

TEST_F(CatalogFailureTest, AFullDiskRefusesTheCommitAndNothingIsLost) {
  const auto before = Everything();
  FillDisk();
  const auto error = FailureOf(ChangeOf(2, "mem", {FileAt("b", 1)}));
  EXPECT_EQ(error.code, ErrorCode::kNoSpace);
  EXPECT_THAT(error.message, HasSubstr("no space left on device"));
  EXPECT_THAT(error.detail, HasSubstr("SQLite 13: database or disk is full"));
  EXPECT_THAT(error.detail, HasSubstr("catalog.db-wal"));
  EXPECT_EQ(Everything(), before);
  faulty_.SetCapacity(1 << 30);
  EXPECT_EQ(Commit(ChangeOf(2, "mem", {FileAt("b", 1)})), "ok");
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, ACatalogOpensOnAFullDisk) {
  const auto everything = Everything();
  FillDisk();
  FailureOf(ChangeOf(2, "mem", {FileAt("b", 1)}));
  Close();
  OpenOrDie();
  EXPECT_EQ(Everything(), everything);
  faulty_.SetCapacity(1 << 30);
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, AFailedSyncIsReadAnew) {
  faulty_.FailSyncs("catalog.db-wal");
  const auto error = FailureOf(ChangeOf(2, "mem", {FileAt("b", 1)}));
  EXPECT_EQ(error.code, ErrorCode::kStorageFailed);
  EXPECT_THAT(error.detail, HasSubstr("SQLite 1034"));
  EXPECT_THAT(error.detail, HasSubstr("sync " + path_ + "-wal"));
  faulty_.Repair();
  EXPECT_EQ(Commit(ChangeOf(3, "net")), "ok");
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, AllOfTheGroupFail) {
  std::vector<ErrorCode> codes;
  {
    const HeldUp held(*catalog_);
    faulty_.FailEvery("write ", ErrorCode::kStorageFailed);
    for (const auto* name : {"mem", "net", "1nvalid"}) {
      catalog_->Commit(Only(ChangeOf(2 + codes.size(), name)),
                       [&](const Result<void>& outcome) { codes.push_back(outcome.error().code); });
    }
  }
  FailureOf(ChangeOf(7, "last"));
  EXPECT_THAT(codes, ::testing::Each(ErrorCode::kStorageFailed));
  EXPECT_EQ(codes.size(), 3u);
  EXPECT_EQ(catalog_->snapshot()->measurement_count(), 1u);
  faulty_.Repair();
  EXPECT_EQ(Commit(ChangeOf(2, "mem")), "ok");
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, AFileThatCannotBeReadAnewRefusesChangesUntilItCan) {
  const auto before = Everything();
  FailWritesAndOpenings();
  FailureOf(ChangeOf(2, "mem"));
  EXPECT_EQ(FailureOf(ChangeOf(2, "mem")).code, ErrorCode::kStorageFailed);
  EXPECT_EQ(catalog_->CreateDatabase("other").error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(Everything(), before);
  faulty_.Repair();
  EXPECT_EQ(Commit(ChangeOf(2, "mem")), "ok");
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, CloseSaysWhenTheFileIsLost) {
  FailWritesAndOpenings();
  FailureOf(ChangeOf(2, "mem"));
  EXPECT_EQ(catalog_->Close().error().code, ErrorCode::kStorageFailed);
  faulty_.Repair();
  OpenOrDie();
  EXPECT_NE(Find("cpu"), nullptr);
}

TEST_F(CatalogFailureTest, CloseSaysWhenTheLogCannotBeMoved) {
  faulty_.FailSyncs("catalog.db");
  EXPECT_EQ(catalog_->Close().error().code, ErrorCode::kStorageFailed);
  faulty_.Repair();
  OpenOrDie();
  EXPECT_NE(Find("cpu"), nullptr);
}

// Each operation of a commit fails once. Whatever the outcome, the snapshot then tells what is on
// the disk: power that fails right after changes nothing.
// A transaction in the log before makes SQLite keep the log, and what failed is found in it.
TEST_F(CatalogFailureTest, AfterAnyFailureTheSnapshotIsWhatIsDurable) {
  std::uint64_t id = 2;
  const auto commit_new = [&] {
    const auto name = "m" + std::to_string(id);
    return Commit(ChangeOf(id++, name, {FileAt(name, 1)}));
  };
  for (const auto code : {ErrorCode::kStorageFailed, ErrorCode::kNoSpace}) {
    for (const bool has_log : {false, true}) {
      std::uint64_t failed_count = 0;
      for (bool has_failed = true; has_failed; failed_count++) {
        if (has_log) {
          ASSERT_EQ(commit_new(), "ok");
        }
        const auto number = faulty_.operation_count() + failed_count + 1;
        faulty_.FailAt(number, code);
        commit_new();
        has_failed = faulty_.operation_count() >= number;
        const auto everything = Everything();
        faulty_.Crash(Unsynced::kDropAll);
        IgnoreFailure(catalog_->Close(), "the power has failed");
        faulty_.Reboot();
        OpenOrDie();
        EXPECT_EQ(Everything(), everything) << faulty_.Describe(number);
      }
      EXPECT_GT(failed_count, 2u);  // writes and a sync
    }
  }
}

}  // namespace
}  // namespace arc::catalog
