#include "data/files/publication_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "data/files/startup_sweep.h"
#include "data/files/storage_test_base.h"
#include "foundation/testing/batch_builder.h"

namespace arc::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kListed[] = "db/cpu/1970/01/01/00/a1-0123456789abcdef-000001.parquet";
constexpr char kListedToo[] = "db/cpu/1970/01/02/00/a1-0123456789abcdef-000002.parquet";
constexpr char kOther[] = "db/cpu/1970/01/01/00/a1-0123456789abcdef-000003.parquet";
constexpr char kList[] = ".staging/a1-0123456789abcdef-000001.list";

class PublicationListTest : public StorageTestBase {
 protected:
  void Write(const std::string& path, const std::string& text = "x") {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << text;
  }
  std::uint64_t Sweep() { return Value(SweepUnpublished(file_system_, root_, *catalog_)); }
  // An import: the log knows nothing of its rows.
  Publication Import(const std::string& measurement, MeasurementId id) {
    const auto batch = arc::testing::BatchBuilder().Time({0, 86'400'000'000}).Build();
    const std::vector<BatchSlice> slices = {{std::make_shared<const ColumnBatch>(batch), 0, 2}};
    const auto schema = std::make_shared<const RowSchema>();
    const MeasurementName table{"db", measurement};
    Publication publication;
    publication.files = Value(stager_->Stage({table, {id, {}, {}}, *schema, slices}));
    publication.changes.push_back(
        {id, table, schema, EntriesOf(publication.files), /*removed_paths=*/{}, /*flushed=*/{}});
    return publication;
  }
};

TEST_F(PublicationListTest, WhatIsListedAndNotInTheCatalogGoes) {
  for (const char* path : {kListed, kListedToo, kOther}) Write(path);
  EXPECT_EQ(PublicationListPath(root_, {kListed, kListedToo}), root_ + "/" + kList);
  ASSERT_TRUE(WritePublicationList(file_system_, root_, {kListed, kListedToo}).ok());
  EXPECT_EQ(Sweep(), 2u);
  EXPECT_THAT(FilesOnDisk(), ElementsAre(kOther));
  EXPECT_EQ(Sweep(), 0u);
}

// The crash came after the commit.
TEST_F(PublicationListTest, WhatTheCatalogHasStays) {
  ASSERT_TRUE(publisher_->PublishAndWait(Import("cpu", MeasurementId{1})).ok());
  const auto live = FilesInCatalog();
  ASSERT_EQ(live.size(), 2u);
  ASSERT_TRUE(WritePublicationList(file_system_, root_, live).ok());
  EXPECT_EQ(Sweep(), 0u);
  EXPECT_EQ(FilesOnDisk(), live);
}

// The crash came within the writing of the list, or of the renames.
TEST_F(PublicationListTest, AListThatIsCutNamesNothing) {
  const std::string whole = std::string("arc publication 1\n") + kListed + "\nend\n";
  for (std::size_t size = 0; size < whole.size(); size++) {
    Write(kListed);
    Write(kList, whole.substr(0, size));
    EXPECT_EQ(Sweep(), 0u) << size;
    EXPECT_THAT(FilesOnDisk(), ElementsAre(kListed)) << size;
  }
  std::filesystem::remove(root_ + "/" + kListed);
  Write(kList, whole);  // before the first rename
  EXPECT_EQ(Sweep(), 0u);
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(PublicationListTest, NothingButPublishedPathsIsEverDeleted) {
  const std::vector<std::string> others = {"db/cpu/notes.txt", "other.parquet",
                                           "db/a1-0123456789abcdef-000001.parquet"};
  for (const auto& path : others) Write(path);
  const auto outside = directory_.path() + "/a1-0123456789abcdef-000001.parquet";
  std::ofstream(outside) << "x";
  std::string list = "arc publication 1\n";
  for (const auto& path : others) list += path + "\n";
  list += "db/cpu/../../../a1-0123456789abcdef-000001.parquet\n" + outside + "\n\nend\n";
  Write(kList, list);
  EXPECT_EQ(Sweep(), 0u);
  EXPECT_EQ(FilesOnDisk().size(), others.size());
  EXPECT_TRUE(std::filesystem::exists(outside));
}

TEST_F(PublicationListTest, AnImportHasAListUntilItIsCommittedAndNotWhenItIsTold) {
  std::vector<std::string> at_completion = {"never called"};
  std::vector<Publication> one;
  one.push_back(Import("cpu", MeasurementId{1}));
  one.back().completion = [&](Result<void> outcome) {
    EXPECT_TRUE(outcome.ok());
    at_completion = FilesOnDisk();
  };
  publisher_->Publish(std::move(one));
  publisher_->Close();
  EXPECT_EQ(at_completion, FilesInCatalog());
}

// Whichever operation fails, nothing is left that nobody would remove.
TEST_F(PublicationListTest, AfterAFailureTheNextStartLeavesNothingBehind) {
  bool has_succeeded = false;
  for (int nth = 0; !has_succeeded && nth < 100; nth++) {
    auto publication = Import("cpu", MeasurementId{1});
    file_system_.FailAfter(nth);
    has_succeeded = publisher_->PublishAndWait(std::move(publication)).ok();
    file_system_.FailAfter(-1);
    ASSERT_TRUE(SweepStaging(file_system_, root_).ok());
    Sweep();
    EXPECT_EQ(FilesOnDisk(), FilesInCatalog()) << "operation " << nth;
  }
  EXPECT_TRUE(has_succeeded);
}

}  // namespace
}  // namespace arc::files
