// What becomes of a catalog whose disk fails: SQLite runs on its own VFS, whose writes and syncs
// this test makes fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "catalog/catalog_test_base.h"

namespace arc::catalog {
namespace {

using ::testing::HasSubstr;

// SQLITE_OK, or what every write, sync or opening returns.
std::atomic<int> write_outcome{SQLITE_OK};
std::atomic<int> sync_outcome{SQLITE_OK};
std::atomic<int> open_outcome{SQLITE_OK};

// SQLite's default VFS with three functions replaced. The methods of a file that it opens are
// copied and changed; the file itself stays as it is.
struct FaultyVfs {
  static FaultyVfs& Instance() {
    static FaultyVfs instance;
    return instance;
  }

  FaultyVfs() : real(sqlite3_vfs_find(nullptr)), vfs(*real) {
    vfs.zName = "faulty";
    vfs.xOpen = Open;
    sqlite3_vfs_register(&vfs, /*makeDflt=*/1);
  }

  static int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
    if (open_outcome != SQLITE_OK) return open_outcome;
    auto& self = Instance();
    const int code = self.real->xOpen(self.real, name, file, flags, out);
    if (code == SQLITE_OK) file->pMethods = self.FaultyMethods(file->pMethods);
    return code;
  }
  static int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
    if (write_outcome != SQLITE_OK) return write_outcome;
    return Instance().RealMethods(file)->xWrite(file, bytes, count, offset);
  }
  static int Sync(sqlite3_file* file, int flags) {
    if (sync_outcome != SQLITE_OK) return sync_outcome;
    return Instance().RealMethods(file)->xSync(file, flags);
  }

  const sqlite3_io_methods* FaultyMethods(const sqlite3_io_methods* methods) {
    const std::lock_guard lock(mutex);
    const auto [place, is_new] = faulty_of.try_emplace(methods, *methods);
    if (is_new) {
      place->second.xWrite = Write;
      place->second.xSync = Sync;
      real_of[&place->second] = methods;
    }
    return &place->second;
  }
  const sqlite3_io_methods* RealMethods(sqlite3_file* file) {
    const std::lock_guard lock(mutex);
    return real_of.at(file->pMethods);
  }

  sqlite3_vfs* const real;
  sqlite3_vfs vfs;
  std::mutex mutex;
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> faulty_of;
  std::map<const sqlite3_io_methods*, const sqlite3_io_methods*> real_of;
};

class CatalogFailureTest : public CatalogTestBase {
 protected:
  void SetUp() override {
    FaultyVfs::Instance();
    OpenOrDie();
    ASSERT_EQ(Commit(ChangeOf(1, "cpu", {FileAt("a", 1)})), "ok");
  }
  void TearDown() override { Repair(); }

  static void Repair() { write_outcome = sync_outcome = open_outcome = SQLITE_OK; }

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
  write_outcome = SQLITE_FULL;
  const auto error = FailureOf(ChangeOf(2, "mem", {FileAt("b", 1)}));
  EXPECT_EQ(error.code, ErrorCode::kStorageFailed);
  EXPECT_THAT(error.message, HasSubstr("no space left on device"));
  EXPECT_THAT(error.detail, HasSubstr("SQLite 13: database or disk is full"));
  EXPECT_EQ(Everything(), before);
  Repair();
  EXPECT_EQ(Commit(ChangeOf(2, "mem", {FileAt("b", 1)})), "ok");
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, AFailedSyncIsReadAnew) {
  sync_outcome = SQLITE_IOERR_FSYNC;
  const auto error = FailureOf(ChangeOf(2, "mem", {FileAt("b", 1)}));
  EXPECT_EQ(error.code, ErrorCode::kStorageFailed);
  EXPECT_THAT(error.detail, HasSubstr("SQLite 1034"));
  Repair();
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, AllOfTheGroupFail) {
  std::vector<ErrorCode> codes;
  {
    const HeldUp held(*catalog_);
    write_outcome = SQLITE_IOERR_WRITE;
    for (const auto* name : {"mem", "net", "1nvalid"}) {
      catalog_->Commit(Only(ChangeOf(2 + codes.size(), name)),
                       [&](const Result<void>& outcome) { codes.push_back(outcome.error().code); });
    }
  }
  FailureOf(ChangeOf(7, "last"));
  EXPECT_THAT(codes, ::testing::Each(ErrorCode::kStorageFailed));
  EXPECT_EQ(codes.size(), 3u);
  EXPECT_EQ(catalog_->snapshot()->measurement_count(), 1u);
  Repair();
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, AFileThatCannotBeReadAnewRefusesChangesUntilItCan) {
  const auto before = Everything();
  write_outcome = SQLITE_IOERR_WRITE;
  open_outcome = SQLITE_CANTOPEN;
  FailureOf(ChangeOf(2, "mem"));
  Repair();
  open_outcome = SQLITE_CANTOPEN;
  EXPECT_EQ(FailureOf(ChangeOf(2, "mem")).code, ErrorCode::kStorageFailed);
  EXPECT_EQ(catalog_->CreateDatabase("other").error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(Everything(), before);
  Repair();
  EXPECT_EQ(Commit(ChangeOf(2, "mem")), "ok");
  ExpectTruthAndGoOn();
}

TEST_F(CatalogFailureTest, CloseSaysWhenTheFileIsLost) {
  write_outcome = SQLITE_IOERR_WRITE;
  open_outcome = SQLITE_CANTOPEN;
  FailureOf(ChangeOf(2, "mem"));
  EXPECT_EQ(catalog_->Close().error().code, ErrorCode::kStorageFailed);
  Repair();
  OpenOrDie();
  EXPECT_NE(Find("cpu"), nullptr);
}

TEST_F(CatalogFailureTest, CloseSaysWhenTheLogCannotBeMoved) {
  sync_outcome = SQLITE_IOERR_FSYNC;
  EXPECT_EQ(catalog_->Close().error().code, ErrorCode::kStorageFailed);
  Repair();
  OpenOrDie();
  EXPECT_NE(Find("cpu"), nullptr);
}

}  // namespace
}  // namespace arc::catalog
