#include <gtest/gtest.h>

#include <string>

#include "foundation/fs/file_system.h"
#include "foundation/testing/temp_directory.h"

namespace arc::fs {
namespace {

class WholeFileTest : public ::testing::Test {
 protected:
  const arc::testing::TempDirectory directory_;
  FileSystem& disk_ = FileSystem::Local();
  const std::string path_ = directory_ / "file";
};

TEST_F(WholeFileTest, WritesReplaceAndLeaveNothingAside) {
  ASSERT_TRUE(WriteWholeFile(disk_, path_, "first").ok());
  ASSERT_TRUE(WriteWholeFile(disk_, path_, "second").ok());
  EXPECT_EQ(ReadWholeFile(disk_, path_, 6).value(), "second");
  EXPECT_EQ(disk_.List(directory_.path()).value().size(), 1u);
}

TEST_F(WholeFileTest, WhatACrashLeftAsideIsReplaced) {
  ASSERT_TRUE(disk_.Create(path_ + ".tmp").value()->Append("half a fi").ok());
  ASSERT_TRUE(WriteWholeFile(disk_, path_, "").ok());
  EXPECT_EQ(ReadWholeFile(disk_, path_, 0).value(), "");
  EXPECT_FALSE(disk_.Exists(path_ + ".tmp").value());
}

TEST_F(WholeFileTest, AFailedWriteLeavesTheOldFileAndNothingAside) {
  ASSERT_TRUE(disk_.CreateDirectories(path_ + "/in the way").ok());
  EXPECT_FALSE(WriteWholeFile(disk_, path_, "bytes").ok());
  EXPECT_EQ(disk_.List(directory_.path()).value().size(), 1u);
  EXPECT_TRUE(disk_.Exists(path_ + "/in the way").value());
}

TEST_F(WholeFileTest, TooLargeAndMissingFilesAreRefused) {
  ASSERT_TRUE(WriteWholeFile(disk_, path_, "12345").ok());
  EXPECT_EQ(ReadWholeFile(disk_, path_, 5).value(), "12345");
  EXPECT_EQ(ReadWholeFile(disk_, path_, 4).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(ReadWholeFile(disk_, path_ + "2", 4).error().code, ErrorCode::kNotFound);
}

TEST(ParentOf, TheFolderOfAPath) {
  EXPECT_EQ(ParentOf("a/b/c"), "a/b");
  EXPECT_EQ(ParentOf("a/b//c//"), "a/b");
  EXPECT_EQ(ParentOf("/a"), "/");
  EXPECT_EQ(ParentOf("//a"), "/");
  EXPECT_EQ(ParentOf("a"), ".");
  EXPECT_EQ(ParentOf("a/"), ".");
  EXPECT_EQ(ParentOf("/"), "/");
  EXPECT_EQ(ParentOf(""), ".");
}

}  // namespace
}  // namespace arc::fs
