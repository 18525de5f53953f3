#include "foundation/testing/faulty_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace arc::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using IfAbsent = fs::FileSystem::IfAbsent;

class FaultyFileSystemTest : public ::testing::Test {
 protected:
  Result<void> MakeFile(const std::string& path, std::string_view bytes) {
    const auto file = TRY(disk_.Create(path));
    TRY(file->Append(bytes));
    return file->Close();
  }
  Result<void> MakeSyncedFile(const std::string& path, std::string_view bytes) {
    const auto file = TRY(disk_.Create(path));
    TRY(file->Append(bytes));
    TRY(file->Sync());
    TRY(file->Close());
    return disk_.SyncDirectory(fs::ParentOf(path));
  }
  static Result<void> Write(fs::RandomFile& file, std::uint64_t offset, std::string_view bytes) {
    const std::array pieces = {bytes};
    return file.WriteAt(offset, pieces);
  }
  std::unique_ptr<fs::RandomFile> OpenOrDie(const std::string& path) {
    return std::move(disk_.OpenRandom(path, IfAbsent::kCreate)).TakeValue();
  }
  // The contents, or the code's word.
  std::string Bytes(fs::FileSystem& disk, const std::string& path) {
    const auto bytes = fs::ReadWholeFile(disk, path, 1 << 20);
    if (bytes.ok()) return bytes.value();
    return bytes.error().code == ErrorCode::kNotFound ? "(none)" : LogText(bytes.error());
  }
  std::string Bytes(const std::string& path) { return Bytes(disk_, path); }
  void CrashAndReboot(Unsynced unsynced) {
    disk_.Crash(unsynced);
    disk_.Reboot();
  }

  FaultyFileSystem disk_;
};

TEST_F(FaultyFileSystemTest, WithoutFaultsItIsADisk) {
  ASSERT_TRUE(disk_.CreateDirectories("/data/wal").ok());
  ASSERT_TRUE(MakeFile("/data/wal/a", "hello").ok());
  EXPECT_EQ(Bytes("/data/wal/a"), "hello");
  EXPECT_EQ(disk_.Create("/data/wal/a").error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(disk_.Create("/none/a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.Open("/data/none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.Open("/data").error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(disk_.OpenRandom("/data/none", IfAbsent::kFail).error().code, ErrorCode::kNotFound);
  const auto random = OpenOrDie("/data/wal/a");
  ASSERT_TRUE(Write(*random, 7, "x").ok());
  EXPECT_EQ(random->ByteCount().value(), 8u);
  ASSERT_TRUE(random->Truncate(6).ok());
  EXPECT_EQ(Bytes("/data/wal/a"), std::string("hello\0", 6));
  ASSERT_TRUE(MakeFile("/data/b", "b").ok());
  ASSERT_TRUE(disk_.Rename("/data/wal/a", "/data/b").ok());
  EXPECT_EQ(Bytes("/data/b"), std::string("hello\0", 6));
  EXPECT_TRUE(disk_.List("/data/wal").value().empty());
  EXPECT_EQ(disk_.List("/data").value().size(), 2u);
  EXPECT_EQ(disk_.RemoveDirectory("/data").error().code, ErrorCode::kStorageFailed);
  EXPECT_TRUE(disk_.RemoveDirectory("/data/wal").ok());
  EXPECT_TRUE(disk_.Remove("/data/b").ok());
  EXPECT_FALSE(disk_.Exists("/data/b").value());
}

TEST_F(FaultyFileSystemTest, OnlyWhatWasSyncedSurvives) {
  ASSERT_TRUE(MakeSyncedFile("/kept", "1234").ok());
  ASSERT_TRUE(MakeFile("/unsynced", "x").ok());
  const auto without_entry = std::move(disk_.Create("/without_entry")).TakeValue();
  ASSERT_TRUE(without_entry->Append("x").ok());
  ASSERT_TRUE(without_entry->Sync().ok());
  const auto kept = OpenOrDie("/kept");
  ASSERT_TRUE(Write(*kept, 2, "XYZ").ok());
  ASSERT_TRUE(kept->Sync().ok());
  ASSERT_TRUE(Write(*kept, 0, "--").ok());
  ASSERT_TRUE(kept->Truncate(3).ok());
  EXPECT_EQ(Bytes("/kept"), "--X");
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_EQ(Bytes("/kept"), "12XYZ");
  EXPECT_EQ(disk_.List("/").value().size(), 1u);
}

TEST_F(FaultyFileSystemTest, AnEntryIsDurableWithoutItsBytes) {
  ASSERT_TRUE(MakeFile("/file", "bytes").ok());
  ASSERT_TRUE(disk_.SyncDirectory("/").ok());
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_EQ(Bytes("/file"), "");
}

TEST_F(FaultyFileSystemTest, FoldersRenamesAndRemovalsWaitForTheSyncOfTheirFolder) {
  ASSERT_TRUE(disk_.CreateDirectoriesUnsynced("/a").ok());
  ASSERT_TRUE(MakeSyncedFile("/a/file", "x").ok());
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_FALSE(disk_.Exists("/a").value());

  ASSERT_TRUE(disk_.CreateDirectories("/a").ok());
  ASSERT_TRUE(disk_.CreateDirectories("/b").ok());
  ASSERT_TRUE(MakeSyncedFile("/a/file", "new").ok());
  ASSERT_TRUE(MakeSyncedFile("/b/file", "old").ok());
  ASSERT_TRUE(disk_.Rename("/a/file", "/b/file").ok());
  ASSERT_TRUE(disk_.SyncDirectory("/a").ok());
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_EQ(Bytes("/a/file") + Bytes("/b/file"), "newold");

  ASSERT_TRUE(disk_.Rename("/a/file", "/b/file").ok());
  ASSERT_TRUE(disk_.SyncDirectory("/b").ok());
  ASSERT_TRUE(MakeSyncedFile("/a/other", "x").ok());
  ASSERT_TRUE(disk_.Remove("/a/other").ok());
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_EQ(Bytes("/a/file") + Bytes("/b/file"), "(none)new");
  EXPECT_TRUE(disk_.Exists("/a/other").value());
}

TEST_F(FaultyFileSystemTest, OneSyncOfTheFileSystemMakesAllDurable) {
  ASSERT_TRUE(disk_.CreateDirectoriesUnsynced("/a/b").ok());
  ASSERT_TRUE(MakeFile("/a/b/file", "x").ok());
  ASSERT_TRUE(disk_.SyncFileSystem("/").ok());
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_EQ(Bytes("/a/b/file"), "x");
}

TEST_F(FaultyFileSystemTest, KeepAllKeepsAll) {
  ASSERT_TRUE(disk_.CreateDirectoriesUnsynced("/a").ok());
  ASSERT_TRUE(MakeFile("/a/file", "x").ok());
  CrashAndReboot(Unsynced::kKeepAll);
  EXPECT_EQ(Bytes("/a/file"), "x");
}

TEST_F(FaultyFileSystemTest, AKillLeavesEverythingSeenAndNothingMoreDurable) {
  ASSERT_TRUE(MakeSyncedFile("/file", "1").ok());
  const auto lock = disk_.Lock("/lock");
  const auto file = OpenOrDie("/file");
  ASSERT_TRUE(file->LockExclusively().ok());
  ASSERT_TRUE(Write(*file, 1, "2").ok());
  CrashAndReboot(Unsynced::kStaysUnsynced);
  EXPECT_EQ(Bytes("/file"), "12");
  EXPECT_FALSE(file->ByteCount().ok());
  EXPECT_TRUE(disk_.Lock("/lock").ok());
  EXPECT_TRUE(OpenOrDie("/file")->LockExclusively().ok());
  CrashAndReboot(Unsynced::kDropAll);
  EXPECT_EQ(Bytes("/file"), "1");
}

TEST_F(FaultyFileSystemTest, ByChanceSectorsSurviveAlone) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; seed++) {
    FaultyFileSystem disk(seed);
    const auto file = std::move(disk.OpenRandom("/f", IfAbsent::kCreate)).TakeValue();
    ASSERT_TRUE(disk.SyncDirectory("/").ok());
    ASSERT_TRUE(Write(*file, 0, std::string(512, 'a') + std::string(512, 'b')).ok());
    disk.Crash(Unsynced::kRandomSubset);
    disk.Reboot();
    const auto bytes = Bytes(disk, "/f");
    std::string first_of_each;
    for (std::size_t i = 0; i < bytes.size(); i += 512) {
      EXPECT_EQ(bytes.substr(i, 512), std::string(512, bytes[i]));
      first_of_each += bytes[i] == 0 ? '0' : bytes[i];
    }
    seen.insert(first_of_each);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "00", "a", "a0", "0b", "ab"}));
}

TEST_F(FaultyFileSystemTest, ByChanceARenamedFileNeverHasTwoNames) {
  for (std::uint64_t seed = 0; seed < 50; seed++) {
    FaultyFileSystem disk(seed);
    ASSERT_TRUE(disk.Create("/1").ok());
    ASSERT_TRUE(disk.Rename("/1", "/2").ok());
    ASSERT_TRUE(disk.Rename("/2", "/3").ok());
    disk.Crash(Unsynced::kRandomSubset);
    disk.Reboot();
    EXPECT_LE(disk.List("/").value().size(), 1u) << seed;
  }
}

TEST_F(FaultyFileSystemTest, ACrashBeforeAnOperationStopsEverythingUntilTheReboot) {
  ASSERT_TRUE(MakeSyncedFile("/file", "1").ok());
  auto lock = disk_.Lock("/lock");
  const auto file = OpenOrDie("/file");
  disk_.CrashAt(disk_.operation_count() + 2, CrashMode::kBefore, Unsynced::kKeepAll);
  ASSERT_TRUE(Write(*file, 1, "2").ok());
  const auto failed = Write(*file, 2, "3");
  EXPECT_EQ(failed.error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(failed.error().message, "the power failed");
  EXPECT_TRUE(disk_.has_crashed());
  EXPECT_FALSE(disk_.Exists("/file").ok());
  EXPECT_EQ(disk_.Describe(disk_.operation_count() - 1),
            std::to_string(disk_.operation_count() - 1) + ": write /file: 1 bytes at 2");
  disk_.Reboot();
  EXPECT_EQ(Bytes("/file"), "12");
  EXPECT_EQ(Write(*file, 0, "x").error().message, "the power failed");  // opened before
  EXPECT_TRUE(disk_.Lock("/lock").ok());
}

TEST_F(FaultyFileSystemTest, ATornWriteLeavesAnyDurablePartOfIt) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; seed++) {
    FaultyFileSystem disk(seed);
    const auto file = std::move(disk.Create("/f")).TakeValue();
    ASSERT_TRUE(disk.SyncDirectory("/").ok());
    ASSERT_TRUE(file->Append("dropped").ok());
    disk.CrashAt(disk.operation_count() + 1, CrashMode::kTorn, Unsynced::kDropAll);
    EXPECT_FALSE(file->Append("abc").ok());
    disk.Reboot();
    seen.insert(Bytes(disk, "/f"));
  }
  const std::string hole(7, '\0');
  EXPECT_EQ(seen, (std::set<std::string>{"", hole + "a", hole + "ab", hole + "abc"}));
}

TEST_F(FaultyFileSystemTest, ATornSyncMakesSomeOfItDurable) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; seed++) {
    FaultyFileSystem disk(seed);
    const auto file = std::move(disk.OpenRandom("/f", IfAbsent::kCreate)).TakeValue();
    ASSERT_TRUE(Write(*file, 0, "..").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(Write(*file, 0, "a").ok());
    ASSERT_TRUE(Write(*file, 1, "b").ok());
    ASSERT_TRUE(disk.SyncDirectory("/").ok());
    disk.CrashAt(disk.operation_count() + 1, CrashMode::kTorn, Unsynced::kDropAll);
    EXPECT_FALSE(file->Sync().ok());
    disk.Reboot();
    seen.insert(Bytes(disk, "/f"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"..", "a.", ".b", "ab"}));
}

TEST_F(FaultyFileSystemTest, ATornChangeOfEntriesHappensOrDoesNot) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; seed++) {
    FaultyFileSystem disk(seed);
    ASSERT_TRUE(disk.CreateDirectories("/a").ok());
    ASSERT_TRUE(fs::WriteWholeFile(disk, "/a/1", "x").ok());
    disk.CrashAt(disk.operation_count() + 1, CrashMode::kTorn, Unsynced::kDropAll);
    EXPECT_FALSE(disk.Rename("/a/1", "/a/2").ok());
    disk.Reboot();
    seen.insert(Bytes(disk, "/a/1") + Bytes(disk, "/a/2"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"x(none)", "(none)x"}));
}

TEST_F(FaultyFileSystemTest, AFailureComesOnce) {
  disk_.FailAt(2, ErrorCode::kNoSpace);
  const auto file = std::move(disk_.Create("/file")).TakeValue();
  const auto failed = file->Append("abc");
  EXPECT_EQ(failed.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(failed.error().detail, "append /file: 3 bytes at 0");
  EXPECT_EQ(std::string("abc").substr(0, file->bytes_written()), Bytes("/file"));
  EXPECT_TRUE(file->Append("def").ok());
  EXPECT_THAT(Bytes("/file"), HasSubstr("def"));
}

TEST_F(FaultyFileSystemTest, WhatAFailedSyncLostIsLostForGood) {
  int lost_count = 0;
  for (std::uint64_t seed = 0; seed < 20; seed++) {
    FaultyFileSystem disk(seed);
    auto file = std::move(disk.OpenRandom("/f", IfAbsent::kCreate)).TakeValue();
    ASSERT_TRUE(disk.SyncDirectory("/").ok());
    ASSERT_TRUE(Write(*file, 0, "a").ok());
    disk.FailAt(disk.operation_count() + 1, ErrorCode::kStorageFailed);
    EXPECT_FALSE(file->Sync().ok());
    EXPECT_THAT(file->Sync().error().message, HasSubstr("after a failed sync"));
    EXPECT_THAT(Write(*file, 0, "b").error().message, HasSubstr("after a failed sync"));
    file = std::move(disk.OpenRandom("/f", IfAbsent::kFail)).TakeValue();
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(Bytes(disk, "/f"), "a");
    disk.Reboot();
    if (Bytes(disk, "/f") != "a") lost_count++;
  }
  EXPECT_GT(lost_count, 0);
  EXPECT_LT(lost_count, 20);
}

TEST_F(FaultyFileSystemTest, PatternsFailUntilTheRepair) {
  const auto one = std::move(disk_.Create("/one")).TakeValue();
  disk_.FailSyncs("two");
  const auto two = std::move(disk_.Create("/two")).TakeValue();
  EXPECT_TRUE(one->Sync().ok());
  EXPECT_FALSE(two->Sync().ok());
  EXPECT_TRUE(disk_.Exists("/two").value());
  disk_.FailEvery("look for ", ErrorCode::kStorageFailed);
  EXPECT_FALSE(disk_.Exists("/two").ok());
  EXPECT_FALSE(disk_.Exists("/two").ok());
  disk_.Repair();
  EXPECT_TRUE(disk_.Exists("/two").ok());
}

TEST_F(FaultyFileSystemTest, AFailedSyncOfTheFileSystemIsRemembered) {
  disk_.FailAt(1, ErrorCode::kStorageFailed);
  EXPECT_FALSE(disk_.SyncFileSystem("/").ok());
  EXPECT_THAT(disk_.SyncFileSystem("/").error().message, HasSubstr("an earlier sync failed"));
  disk_.Reboot();
  EXPECT_TRUE(disk_.SyncFileSystem("/").ok());
}

TEST_F(FaultyFileSystemTest, AFullDiskTakesWhatFits) {
  disk_.SetCapacity(10);
  ASSERT_TRUE(MakeSyncedFile("/file", "12345678").ok());
  const auto other = OpenOrDie("/other");
  const auto full = Write(*other, 0, "abc");
  EXPECT_EQ(full.error().code, ErrorCode::kNoSpace);
  EXPECT_THAT(full.error().message, HasSubstr("no space left on device"));
  EXPECT_EQ(Bytes("/other"), "ab");
  EXPECT_EQ(disk_.FreeBytes("/").value(), 0u);
  EXPECT_TRUE(Write(*other, 0, "xy").ok());  // in its place
  EXPECT_EQ(other->Truncate(3).error().code, ErrorCode::kNoSpace);
  ASSERT_TRUE(disk_.Remove("/file").ok());
  EXPECT_EQ(disk_.FreeBytes("/").value(), 8u);
  EXPECT_TRUE(Write(*other, 2, "12345678").ok());
  disk_.Reboot();  // the removal was not durable, the other file not either
  EXPECT_EQ(disk_.FreeBytes("/").value(), 2u);
}

TEST_F(FaultyFileSystemTest, OneHolderOfALock) {
  {
    const auto lock = disk_.Lock("/lock");
    ASSERT_TRUE(lock.ok());
    EXPECT_EQ(disk_.Lock("/lock").error().code, ErrorCode::kOverloaded);
  }
  EXPECT_TRUE(disk_.Lock("/lock").ok());
  auto holder = OpenOrDie("/file");
  const auto other = OpenOrDie("/file");
  ASSERT_TRUE(holder->LockExclusively().ok());
  EXPECT_EQ(other->LockExclusively().error().code, ErrorCode::kOverloaded);
  holder.reset();
  EXPECT_TRUE(other->LockExclusively().ok());
}

TEST_F(FaultyFileSystemTest, AHungOperationHoldsUpNobodyElse) {
  std::promise<void> has_begun, go_on;
  disk_.DelayEvery("sync /slow", [&](const DiskOperation& operation) {
    EXPECT_EQ(operation.text, "sync /slow");
    has_begun.set_value();
    go_on.get_future().wait();
  });
  const auto slow = std::move(disk_.Create("/slow")).TakeValue();
  std::thread hung([&] { EXPECT_TRUE(slow->Sync().ok()); });
  has_begun.get_future().wait();
  EXPECT_TRUE(MakeSyncedFile("/quick", "x").ok());
  go_on.set_value();
  hung.join();
}

}  // namespace
}  // namespace arc::testing
