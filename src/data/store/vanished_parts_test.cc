// Parts of the data directory vanish under a running store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "data/store/store.h"
#include "data/store/store_fixture.h"
#include "foundation/base/metrics.h"
#include "foundation/testing/temp_directory.h"

namespace arc::store {
namespace {

using testing::FaultyFileSystem;
using ::testing::HasSubstr;

Result<void> RemoveTree(fs::FileSystem& disk, const std::string& path) {
  for (const auto& entry : TRY(disk.List(path))) {
    const auto inside = path + "/" + entry.name;
    if (entry.is_directory) {
      TRY(RemoveTree(disk, inside));
    } else {
      TRY(disk.Remove(inside));
    }
  }
  return disk.RemoveDirectory(path);
}

class VanishedPartsTest : public ::testing::TestWithParam<Store::Durability> {
 protected:
  void SetUp() override {
    auto options = SmallStore();
    options.durability = GetParam();
    auto started = OpenStore::Start(disk_, options);
    ASSERT_TRUE(started.ok()) << LogText(started.error());
    store_ = std::move(started).TakeValue();
    ASSERT_TRUE(store_->Write("one", {{"cpu", {1, 2}}}).ok());
    ASSERT_TRUE(store_->Flush().ok());
    ASSERT_TRUE(store_->Write("one", {{"cpu", {3}}, {"mem", {4}}}).ok());
  }
  bool HasLog() const { return GetParam() != Store::Durability::kOff; }

  // After one look, which a thread takes each second.
  void ExpectRefusals(const std::string& what) {
    EXPECT_FALSE((*store_)->Look().ok());
    const auto written = store_->Write("one", {{"cpu", {5}}});
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
    const auto problems = (*store_)->Problems();
    ASSERT_FALSE(problems.empty());
    EXPECT_THAT(problems.front(), HasSubstr(what));
    const auto created = (*store_)->catalog().CreateDatabase("late");
    EXPECT_EQ(created.error().code, ErrorCode::kUnavailable);
    const auto closed = store_->Close();
    ASSERT_FALSE(closed.ok());
    EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable) << LogText(closed.error());
  }

  FaultyFileSystem disk_;
  std::unique_ptr<OpenStore> store_;
};

TEST_P(VanishedPartsTest, TheDataDirectory) {
  ASSERT_TRUE(disk_.Rename("/data", "/elsewhere").ok());
  ExpectRefusals("the data directory /data");
}

TEST_P(VanishedPartsTest, EverythingInTheDataDirectory) {
  ASSERT_TRUE(RemoveTree(disk_, "/data").ok());
  ExpectRefusals("/data");
}

TEST_P(VanishedPartsTest, TheFilesFolder) {
  ASSERT_TRUE(RemoveTree(disk_, kFilesRoot).ok());
  ExpectRefusals(kFilesRoot);
}

TEST_P(VanishedPartsTest, TheCatalog) {
  ASSERT_TRUE(disk_.Remove("/data/catalog.db").ok());
  ExpectRefusals("/data/catalog.db");
}

TEST_P(VanishedPartsTest, TheLogFolder) {
  if (!HasLog()) return;
  ASSERT_TRUE(RemoveTree(disk_, kWalFolder).ok());
  ExpectRefusals(kWalFolder);
}

TEST_P(VanishedPartsTest, ASegment) {
  if (!HasLog()) return;
  ASSERT_TRUE(store_->Write("one", {{"bulk", {10}, 15'000}}).ok());
  ASSERT_TRUE(store_->Write("one", {{"bulk", {11}, 15'000}}).ok());
  const auto needed = (*store_)->log()->NeededFiles();
  ASSERT_GT(needed.size(), 2u);
  ASSERT_TRUE(disk_.Remove(kWalFolder + "/" + needed[1]).ok());
  ExpectRefusals(needed[1]);
}

// What a write is acknowledged for is never in a file without a name, not even before the next
// look.
TEST_P(VanishedPartsTest, AWriteRightAfterTheRemovalOfTheLogIsNotAcknowledged) {
  if (GetParam() != Store::Durability::kSync) return;
  ASSERT_TRUE(RemoveTree(disk_, "/data").ok());
  const auto written = store_->Write("one", {{"cpu", {5}}});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(store_->Close().ok());
}

// 404 would say that the client asked for something that is not there.
TEST_P(VanishedPartsTest, AFlushIsAFailureOfTheServer) {
  ASSERT_TRUE(RemoveTree(disk_, kFilesRoot).ok());
  const auto flushed = (*store_)->flusher().FlushAll(std::chrono::milliseconds(10'000));
  ASSERT_FALSE(flushed.ok());
  EXPECT_NE(flushed.error().code, ErrorCode::kNotFound) << LogText(flushed.error());
  EXPECT_FALSE(store_->Close().ok());
}

// Rows that are only in a catalog nobody will find stay in the log.
TEST_P(VanishedPartsTest, TheLogKeepsWhatAVanishedCatalogTookOver) {
  if (!HasLog()) return;
  const auto needed = (*store_)->log()->NeededFiles();
  ASSERT_TRUE(disk_.Remove("/data/catalog.db").ok());
  EXPECT_FALSE((*store_)->flusher().FlushAll(std::chrono::milliseconds(10'000)).ok());
  for (const auto& name : needed) EXPECT_TRUE(disk_.Exists(kWalFolder + "/" + name).value());
  EXPECT_FALSE(store_->Close().ok());
}

INSTANTIATE_TEST_SUITE_P(Durability, VanishedPartsTest,
                         ::testing::Values(Store::Durability::kSync, Store::Durability::kInterval,
                                           Store::Durability::kOff));

}  // namespace
}  // namespace arc::store
