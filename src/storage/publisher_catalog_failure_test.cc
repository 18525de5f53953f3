// What becomes of staged files when the catalog's own disk fails: SQLite runs on its default VFS
// with syncs and openings that this test makes fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <mutex>

#include "storage/storage_test_base.h"
#include "testing/batch_builder.h"

namespace arc::storage {
namespace {

using ::testing::IsEmpty;

// SQLITE_OK, or what every sync or opening returns.
std::atomic<int> sync_outcome{SQLITE_OK};
std::atomic<int> open_outcome{SQLITE_OK};

class FaultyVfs {
 public:
  FaultyVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = "faulty";
    vfs_.pAppData = this;
    vfs_.xOpen = Open;
    sqlite3_vfs_register(&vfs_, /*makeDflt=*/1);
  }
  ~FaultyVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, /*makeDflt=*/1);
  }

 private:
  // A file's methods are exchanged for a copy that differs in xSync.
  static int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
                  int* out) {
    if (open_outcome != SQLITE_OK) return open_outcome;
    auto& self = *static_cast<FaultyVfs*>(vfs->pAppData);
    const int code = self.real_->xOpen(self.real_, name, file, flags, out);
    if (code != SQLITE_OK) return code;
    const std::lock_guard lock(mutex_);
    auto [methods, is_new] = methods_.try_emplace(file->pMethods, *file->pMethods);
    if (is_new) {
      real_sync_[&methods->second] = methods->second.xSync;
      methods->second.xSync = Sync;
    }
    file->pMethods = &methods->second;
    return code;
  }
  static int Sync(sqlite3_file* file, int flags) {
    if (sync_outcome != SQLITE_OK) return sync_outcome;
    const auto real_sync = [&] {
      const std::lock_guard lock(mutex_);
      return real_sync_.at(file->pMethods);
    }();
    return real_sync(file, flags);
  }

  static inline std::mutex mutex_;
  static inline std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_;
  static inline std::map<const sqlite3_io_methods*, int (*)(sqlite3_file*, int)> real_sync_;

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
};

// Before the catalog of the base, so that it is opened on this VFS.
struct OnFaultyVfs {
  FaultyVfs faulty_vfs_;
};

class PublisherCatalogFailureTest : public OnFaultyVfs, public StorageTestBase {
 protected:
  void TearDown() override { Repair(); }
  static void Repair() { sync_outcome = open_outcome = SQLITE_OK; }

  Result<void> PublishARow() {
    const auto batch = arc::testing::BatchBuilder().Time({0}).Build();
    const std::vector<buffer::BatchSlice> slices = {
        {std::make_shared<const ColumnBatch>(batch), 0, 1}};
    const auto schema = std::make_shared<const TableSchema>();
    Publication publication;
    publication.change.id = MeasurementId{1};
    publication.change.name = {"db", "cpu"};
    publication.change.schema = schema;
    publication.files = TRY(stager_->Stage(
        {publication.change.name, {publication.change.id, {}, {}}, *schema, slices}));
    return publisher_->PublishAndWait(std::move(publication));
  }
};

TEST_F(PublisherCatalogFailureTest, WhatTheCatalogReadsAgainDecides) {
  sync_outcome = SQLITE_IOERR_FSYNC;
  const auto published = PublishARow();
  Repair();
  EXPECT_EQ(published.ok(), !FilesInCatalog().empty());
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
  ASSERT_TRUE(PublishARow().ok());
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

TEST_F(PublisherCatalogFailureTest, FilesStayWhileTheCatalogCannotBeRead) {
  sync_outcome = SQLITE_IOERR_FSYNC;
  open_outcome = SQLITE_CANTOPEN;
  const auto published = PublishARow();
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(FilesOnDisk().size(), 1u);
  EXPECT_THAT(FilesInCatalog(), IsEmpty());
  Repair();
  EXPECT_TRUE(PublishARow().ok());
}

}  // namespace
}  // namespace arc::storage
