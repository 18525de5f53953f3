// What becomes of published files when the catalog's disk fails: never two truths.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/files/storage_test_base.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::files {
namespace {

using ::testing::IsEmpty;

// Before the catalog of the base, so that it is opened on this disk. Files are on a real one.
struct OnFaultyDisk {
  arc::testing::FaultyFileSystem catalog_disk_;
};

class PublisherCatalogFailureTest : public OnFaultyDisk, public StorageTestBase {
 protected:
  PublisherCatalogFailureTest() : StorageTestBase(catalog_disk_) {}
  void TearDown() override { catalog_disk_.Repair(); }

  Result<void> PublishARow() {
    const auto batch = arc::testing::BatchBuilder().Time({0}).Build();
    const std::vector<BatchSlice> slices = {{std::make_shared<const ColumnBatch>(batch), 0, 1}};
    const auto schema = std::make_shared<const RowSchema>();
    Publication publication;
    const MeasurementName table{"db", "cpu"};
    publication.files = TRY(stager_->Stage({table, {MeasurementId{1}, {}, {}}, *schema, slices}));
    publication.changes.push_back({MeasurementId{1}, table, schema, EntriesOf(publication.files),
                                   /*removed_paths=*/{}, /*flushed=*/{}});
    return publisher_->PublishAndWait(std::move(publication));
  }
};

TEST_F(PublisherCatalogFailureTest, WhatTheCatalogReadsAgainDecides) {
  const auto before = catalog_disk_.operation_count();
  ASSERT_TRUE(PublishARow().ok());
  const auto operation_count = catalog_disk_.operation_count() - before;
  ASSERT_GE(operation_count, 2u);
  int failed_count = 0;
  for (std::uint64_t i = 1; i <= operation_count; i++) {
    const auto files_before = FilesInCatalog();
    const auto failing = catalog_disk_.operation_count() + i;
    catalog_disk_.FailAt(failing, ErrorCode::kStorageFailed);
    const auto published = PublishARow();
    catalog_disk_.Repair();
    if (!published.ok()) failed_count++;
    const auto files = FilesInCatalog();
    EXPECT_EQ(files.size(), files_before.size() + (published.ok() ? 1 : 0))
        << catalog_disk_.Describe(failing);
    EXPECT_EQ(FilesOnDisk(), files) << catalog_disk_.Describe(failing);
  }
  EXPECT_GE(failed_count, 1);
  ASSERT_TRUE(PublishARow().ok());
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

TEST_F(PublisherCatalogFailureTest, FilesStayWhileTheCatalogCannotBeRead) {
  catalog_disk_.FailEvery("catalog.db", ErrorCode::kStorageFailed);
  const auto published = PublishARow();
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(FilesOnDisk().size(), 2u);  // and its list: the next start decides
  EXPECT_THAT(FilesInCatalog(), IsEmpty());
  catalog_disk_.Repair();
  EXPECT_TRUE(PublishARow().ok());
}

}  // namespace
}  // namespace arc::files
