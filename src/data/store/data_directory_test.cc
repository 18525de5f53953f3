#include "data/store/data_directory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "foundation/testing/failing_file_system.h"

namespace arc::store {
namespace {

class DataDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "arc-data-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern + "/data";
  }
  void TearDown() override {
    std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
  }
  void WriteMarker(const std::string& text) {
    ASSERT_TRUE(fs::WriteWholeFile(file_system_, path_ + "/arc.format", text).ok());
  }

  fs::FileSystem& file_system_ = fs::FileSystem::Local();
  std::string path_;
};

TEST_F(DataDirectoryTest, OneServerAtATime) {
  auto first = DataDirectory::Open(file_system_, path_);
  ASSERT_TRUE(first.ok());
  const auto second = DataDirectory::Open(file_system_, path_);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("another server uses"), std::string::npos);
  std::move(first).TakeValue().reset();
  EXPECT_TRUE(DataDirectory::Open(file_system_, path_).ok());
}

// A disk that may only be read: the folder is there, and its lock cannot be written.
class NoLocks : public testing::FailingFileSystem {
 public:
  using FailingFileSystem::FailingFileSystem;
  Result<std::unique_ptr<fs::FileLock>> Lock(const std::string&) override {
    return Error{ErrorCode::kStorageFailed, "the disk refuses"};
  }
};

TEST_F(DataDirectoryTest, OneThatCannotBeWrittenSaysWhatToDo) {
  testing::FailingFileSystem no_folder(file_system_);
  no_folder.FailAfter(0);
  NoLocks no_lock(file_system_);
  for (auto* disk : {&no_folder, static_cast<testing::FailingFileSystem*>(&no_lock)}) {
    const auto opened = DataDirectory::Open(*disk, path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kStorageFailed);
    for (const auto& words :
         {path_, std::string("cannot be written"), std::string("storage.data_directory")}) {
      EXPECT_NE(opened.error().message.find(words), std::string::npos) << opened.error().message;
    }
  }
}

TEST_F(DataDirectoryTest, NewerFormatsAreRefused) {
  ASSERT_TRUE(DataDirectory::Open(file_system_, path_).ok());
  WriteMarker("2\n");
  const auto opened = DataDirectory::Open(file_system_, path_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(opened.error().message.find("format version 2"), std::string::npos);
}

TEST_F(DataDirectoryTest, MarkersThatCannotBeReadAreRefused) {
  ASSERT_TRUE(DataDirectory::Open(file_system_, path_).ok());
  for (const auto* marker : {"", "1", "one\n", "1\n\n", "1 \n"}) {
    WriteMarker(marker);
    EXPECT_FALSE(DataDirectory::Open(file_system_, path_).ok()) << marker;
  }
  WriteMarker("1\n");
  EXPECT_TRUE(DataDirectory::Open(file_system_, path_).ok());
}

TEST_F(DataDirectoryTest, TheMarkerIsWrittenWhenAskedFor) {
  auto opened = DataDirectory::Open(file_system_, path_);
  ASSERT_TRUE(opened.ok());
  EXPECT_FALSE(opened.value()->is_marked());
  EXPECT_FALSE(file_system_.Exists(path_ + "/arc.format").value());
  ASSERT_TRUE(opened.value()->Mark().ok());
  EXPECT_EQ(fs::ReadWholeFile(file_system_, path_ + "/arc.format", 10).value(), "1\n");
  std::move(opened).TakeValue().reset();
  opened = DataDirectory::Open(file_system_, path_);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened.value()->is_marked());
}

}  // namespace
}  // namespace arc::store
