#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/check.h"
#include "foundation/fs/file_system.h"
#include "foundation/fs/local_files.h"
#include "foundation/testing/temp_directory.h"

namespace arc::fs {
namespace {

using ::testing::HasSubstr;

class LocalRandomFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<RandomFile> OpenOrDie() {
    auto opened = disk_.OpenRandom(path_, FileSystem::IfAbsent::kCreate);
    CHECK(opened.ok(), "the file cannot be opened");
    return std::move(opened).TakeValue();
  }
  static Result<void> Write(RandomFile& file, std::uint64_t offset,
                            std::vector<std::string_view> pieces) {
    return file.WriteAt(offset, pieces);
  }
  std::string Bytes() { return ReadWholeFile(disk_, path_, 1 << 20).value(); }

  const arc::testing::TempDirectory directory_;
  const std::string path_ = directory_ / "file";
  FileSystem& disk_ = FileSystem::Local();
};

TEST_F(LocalRandomFileTest, PiecesAreWrittenOneAfterTheOtherAtTheirPlace) {
  const auto file = OpenOrDie();
  ASSERT_TRUE(Write(*file, 0, {"0123", "", "456", "789"}).ok());
  ASSERT_TRUE(Write(*file, 3, {"", "ab", "c", ""}).ok());
  ASSERT_TRUE(Write(*file, 0, {}).ok());
  ASSERT_TRUE(Write(*file, 0, {"", ""}).ok());
  EXPECT_EQ(Bytes(), "012abc6789");
  ASSERT_TRUE(Write(*file, 12, {"x"}).ok());  // behind the end: zeros between
  EXPECT_EQ(Bytes(), std::string("012abc6789\0\0x", 13));
  std::string target(4, '-');
  EXPECT_EQ(file->ReadAt(2, target).value(), 4u);
  EXPECT_EQ(target, "2abc");
  EXPECT_EQ(file->ReadAt(11, target).value(), 2u);
  EXPECT_EQ(file->ReadAt(13, target).value(), 0u);
  EXPECT_TRUE(file->Sync().ok());
}

TEST_F(LocalRandomFileTest, MorePiecesThanOneSystemCallTakes) {
  std::vector<std::string> pieces;
  std::string expected;
  for (int i = 0; i < 2 * IOV_MAX + 7; i++) {
    pieces.push_back(std::to_string(i));
    expected += pieces.back();
  }
  const auto file = OpenOrDie();
  const std::vector<std::string_view> views(pieces.begin(), pieces.end());
  ASSERT_TRUE(file->WriteAt(0, views).ok());
  EXPECT_EQ(Bytes(), expected);
}

TEST_F(LocalRandomFileTest, TruncateCutsAndFillsWithZeros) {
  const auto file = OpenOrDie();
  ASSERT_TRUE(Write(*file, 0, {"0123456789"}).ok());
  ASSERT_TRUE(file->Truncate(3).ok());
  EXPECT_EQ(file->ByteCount().value(), 3u);
  ASSERT_TRUE(file->Truncate(5).ok());
  EXPECT_EQ(Bytes(), std::string("012\0\0", 5));
}

TEST_F(LocalRandomFileTest, AFileIsOpenedAsItIsAndMadeOnlyWhenAsked) {
  EXPECT_EQ(disk_.OpenRandom(path_, FileSystem::IfAbsent::kFail).error().code,
            ErrorCode::kNotFound);
  EXPECT_FALSE(disk_.Exists(path_).value());
  ASSERT_TRUE(Write(*OpenOrDie(), 0, {"kept"}).ok());
  EXPECT_EQ(OpenOrDie()->ByteCount().value(), 4u);
  EXPECT_TRUE(disk_.OpenRandom(path_, FileSystem::IfAbsent::kFail).ok());
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(disk_.OpenRandom(directory_.path(), FileSystem::IfAbsent::kCreate).error().code,
            ErrorCode::kStorageFailed);
}

// A limit on the length of files makes the kernel write a part and refuse the rest.
TEST_F(LocalRandomFileTest, AWriteThatEndsEarlyGoesOnAndTellsOfTheRest) {
  const auto file = OpenOrDie();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{10, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto outcome = Write(*file, 4, {"0123", "4567", "89"});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(outcome.error().code, ErrorCode::kStorageFailed);
  EXPECT_THAT(outcome.error().detail, HasSubstr("File too large"));
  EXPECT_EQ(Bytes(), std::string(4, 0) + "012345");
}

TEST_F(LocalRandomFileTest, OneHolderOfTheLock) {
  auto holder = OpenOrDie();
  const auto other = OpenOrDie();
  ASSERT_TRUE(holder->LockExclusively().ok());
  EXPECT_TRUE(holder->LockExclusively().ok());
  EXPECT_EQ(other->LockExclusively().error().code, ErrorCode::kOverloaded);
  holder.reset();
  EXPECT_TRUE(other->LockExclusively().ok());
}

TEST_F(LocalRandomFileTest, AFailedSyncIsNeverTriedAgain) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor reading_end(ends[0]);
  LocalRandomFile file{Descriptor(ends[1]), "a pipe"};  // which cannot be synced
  EXPECT_THAT(file.Sync().error().detail, HasSubstr("Invalid argument"));
  EXPECT_THAT(file.Sync().error().message, HasSubstr("after a failed sync"));
  EXPECT_THAT(Write(file, 0, {"x"}).error().message, HasSubstr("after a failed sync"));
  EXPECT_THAT(file.Truncate(0).error().message, HasSubstr("after a failed sync"));
}

TEST_F(LocalRandomFileTest, KnowsWhetherItStillHasAName) {
  const auto file = OpenOrDie();
  EXPECT_TRUE(file->HasName().value());
  ASSERT_TRUE(disk_.Rename(path_, path_ + ".moved").ok());
  EXPECT_TRUE(file->HasName().value());
  ASSERT_TRUE(disk_.Remove(path_ + ".moved").ok());
  EXPECT_FALSE(file->HasName().value());
  EXPECT_TRUE(file->Sync().ok()) << "that is why somebody has to ask";
}

TEST_F(LocalRandomFileTest, AHeldPathKnowsWhetherItLeadsToTheSame) {
  const auto file = OpenOrDie();
  const auto held = disk_.Hold(path_).TakeValue();
  const auto folder = disk_.Hold(ParentOf(path_)).TakeValue();
  EXPECT_TRUE(held->IsInPlace().value());
  ASSERT_TRUE(disk_.Rename(path_, path_ + ".moved").ok());
  EXPECT_FALSE(held->IsInPlace().value());
  ASSERT_TRUE(WriteWholeFile(disk_, path_, "another").ok());
  EXPECT_FALSE(held->IsInPlace().value());
  ASSERT_TRUE(disk_.Rename(path_ + ".moved", path_).ok());
  EXPECT_TRUE(held->IsInPlace().value());
  EXPECT_TRUE(folder->IsInPlace().value());
  EXPECT_EQ(disk_.Hold(path_ + ".none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace arc::fs
