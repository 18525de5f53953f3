// A file appears in a folder that FileRemover takes away at the same moment.

#include <gtest/gtest.h>

#include "data/files/file_publisher.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/faulty_file_system.h"
#include "foundation/time/clock.h"

namespace arc::files {
namespace {

using arc::testing::BatchBuilder;

const std::string kRoot = "/files";
const MeasurementName kCpu{"db", "cpu"};

// Publishes `file_count` files of one folder each, on a disk where every folder is gone again, up
// to the root, `removal_count` times before a file is renamed into it. Then the power fails: what
// was published must be there.
void PublishWhileFoldersGo(std::size_t file_count, int removal_count) {
  arc::testing::FaultyFileSystem disk;
  ASSERT_TRUE(disk.CreateDirectories(kRoot).ok());
  catalog::Catalog::Options options;
  options.path = "/catalog.db";
  const auto catalog = catalog::Catalog::Open(options, disk, Clock::System()).TakeValue();
  const auto stager = FileStager::Open(kRoot, disk, encoding::Compression::kLz4).TakeValue();
  FilePublisher publisher(kRoot, disk, *catalog);

  std::vector<BatchSlice> slices;
  for (std::size_t i = 0; i < file_count; i++) {
    auto batch = BatchBuilder().Time({static_cast<std::int64_t>(i) * 86'400'000'000}).Build();
    slices.push_back({std::make_shared<const ColumnBatch>(std::move(batch)), 0, 1});
  }
  Publication publication;
  const auto schema = std::make_shared<const RowSchema>();
  publication.files =
      stager->Stage({kCpu, {MeasurementId{1}, Lsn{1}, Lsn{2}}, *schema, slices}).TakeValue();
  publication.changes.push_back({MeasurementId{1}, kCpu, schema, EntriesOf(publication.files),
                                 /*removed_paths=*/{}, /*flushed=*/{}});
  ASSERT_EQ(publication.files.size(), file_count);

  int removals_left = removal_count;
  int removed_count = 0;
  disk.DelayEvery("rename /files/", [&](const arc::testing::DiskOperation& operation) {
    const auto target = operation.text.find(" -> ");
    if (removals_left-- <= 0) return;
    for (auto folder = fs::ParentOf(operation.text.substr(target + 4)); folder != kRoot;
         folder = fs::ParentOf(folder)) {
      if (disk.RemoveDirectory(folder).ok()) removed_count++;
    }
  });
  const auto published = publisher.PublishAndWait(std::move(publication));
  EXPECT_TRUE(published.ok()) << LogText(published.error());
  EXPECT_GT(removed_count, 0);
  publisher.Close();
  EXPECT_TRUE(catalog->Close().ok());
  disk.Crash(arc::testing::Unsynced::kDropAll);
  disk.Reboot();
  const auto state = catalog->snapshot()->FindMeasurement(kCpu);
  ASSERT_EQ(state->files.size(), file_count);
  for (std::size_t i = 0; i < file_count; i++) {
    EXPECT_TRUE(disk.Exists(kRoot + "/" + state->files[i].path).value()) << i;
  }
}

TEST(PublishBesideRemovalTest, AFolderThatIsGoneIsMadeAnew) {
  PublishWhileFoldersGo(1, 1);
  PublishWhileFoldersGo(3, 5);
}

TEST(PublishBesideRemovalTest, AlsoWhenManyFilesAreSyncedTogether) {
  PublishWhileFoldersGo(2 * FilePublisher::kSyncEachFilesMax, 5);
}

}  // namespace
}  // namespace arc::files
