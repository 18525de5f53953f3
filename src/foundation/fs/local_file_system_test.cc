#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "foundation/fs/errno_error.h"
#include "foundation/fs/file_system.h"
#include "foundation/fs/local_files.h"
#include "foundation/testing/temp_directory.h"

namespace arc::fs {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

MATCHER_P3(IsEntry, name, is_directory, byte_count, "") {
  return arg.name == name && arg.is_directory == is_directory && arg.byte_count == byte_count;
}

class LocalFileSystemTest : public ::testing::Test {
 protected:
  void MakeFile(const std::string& path, std::string_view bytes) {
    auto created = disk_.Create(path);
    ASSERT_TRUE(created.ok()) << LogText(created.error());
    ASSERT_TRUE(created.value()->Append(bytes).ok());
    ASSERT_TRUE(created.value()->Close().ok());
  }
  std::string BytesOf(const std::string& path) {
    auto bytes = ReadWholeFile(disk_, path, 1 << 20);
    return bytes.ok() ? bytes.value() : LogText(bytes.error());
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  const arc::testing::TempDirectory directory_;
  FileSystem& disk_ = FileSystem::Local();
};

TEST_F(LocalFileSystemTest, WhatWasAppendedIsRead) {
  const auto path = directory_ / "file";
  auto file = std::move(disk_.Create(path)).TakeValue();
  ASSERT_TRUE(file->Append("hello ").ok());
  ASSERT_TRUE(file->Append("").ok());
  ASSERT_TRUE(file->Append("world").ok());
  EXPECT_EQ(file->bytes_written(), 11u);
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(BytesOf(path), "hello world");
}

TEST_F(LocalFileSystemTest, ReadAtReturnsFewerBytesOnlyAtTheEnd) {
  const auto path = directory_ / "file";
  MakeFile(path, "0123456789");
  auto file = std::move(disk_.Open(path)).TakeValue();
  EXPECT_EQ(file->byte_count(), 10u);
  std::string target(4, '-');
  EXPECT_EQ(file->ReadAt(3, target).value(), 4u);
  EXPECT_EQ(target, "3456");
  EXPECT_EQ(file->ReadAt(8, target).value(), 2u);
  EXPECT_EQ(target, "8956");
  EXPECT_EQ(file->ReadAt(10, target).value(), 0u);
  EXPECT_EQ(file->ReadAt(0, {}).value(), 0u);
}

TEST_F(LocalFileSystemTest, FilesAndFoldersAreForTheirOwnerOnly) {
  ASSERT_TRUE(disk_.CreateDirectories(directory_ / "a/b").ok());
  MakeFile(directory_ / "a/b/file", "x");
  EXPECT_EQ(ModeOf(directory_ / "a"), 0700u);
  EXPECT_EQ(ModeOf(directory_ / "a/b"), 0700u);
  EXPECT_EQ(ModeOf(directory_ / "a/b/file"), 0600u);
}

TEST_F(LocalFileSystemTest, DescriptorsDoNotSurviveExec) {
  const auto lowest_free = ::dup(0);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  auto file = std::move(disk_.Create(directory_ / "file")).TakeValue();
  EXPECT_NE(::fcntl(lowest_free, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(LocalFileSystemTest, CreateRefusesAFileThatIsThere) {
  MakeFile(directory_ / "file", "first");
  const auto again = disk_.Create(directory_ / "file");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_THAT(again.error().detail, HasSubstr(directory_ / "file"));
  EXPECT_THAT(again.error().detail, HasSubstr("File exists"));
  EXPECT_EQ(BytesOf(directory_ / "file"), "first");
}

TEST_F(LocalFileSystemTest, WhatIsNotThereIsNotFound) {
  const auto missing = directory_ / "missing";
  EXPECT_EQ(disk_.Open(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.Create(missing + "/file").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.Remove(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.RemoveDirectory(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.Rename(missing, directory_ / "to").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.List(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.SyncDirectory(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.SyncFileSystem(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.FreeBytes(missing).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.Lock(missing + "/lock").error().code, ErrorCode::kNotFound);
}

TEST_F(LocalFileSystemTest, OpenRefusesAFolder) {
  EXPECT_EQ(disk_.Open(directory_.path()).error().code, ErrorCode::kStorageFailed);
}

TEST_F(LocalFileSystemTest, AClosedFileTakesNothing) {
  auto file = std::move(disk_.Create(directory_ / "file")).TakeValue();
  ASSERT_TRUE(file->Close().ok());
  EXPECT_TRUE(file->Close().ok());
  EXPECT_EQ(file->Append("x").error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(file->Sync().error().code, ErrorCode::kStorageFailed);
}

TEST_F(LocalFileSystemTest, RenameReplacesItsTarget) {
  MakeFile(directory_ / "from", "new");
  MakeFile(directory_ / "to", "old");
  ASSERT_TRUE(disk_.Rename(directory_ / "from", directory_ / "to").ok());
  EXPECT_EQ(BytesOf(directory_ / "to"), "new");
  EXPECT_FALSE(disk_.Exists(directory_ / "from").value());
}

TEST_F(LocalFileSystemTest, RemoveDirectoryTakesEmptyFoldersOnly) {
  ASSERT_TRUE(disk_.CreateDirectories(directory_ / "a").ok());
  MakeFile(directory_ / "a/file", "x");
  EXPECT_EQ(disk_.RemoveDirectory(directory_ / "a").error().code, ErrorCode::kStorageFailed);
  ASSERT_TRUE(disk_.Remove(directory_ / "a/file").ok());
  EXPECT_TRUE(disk_.RemoveDirectory(directory_ / "a").ok());
  EXPECT_FALSE(disk_.Exists(directory_ / "a").value());
}

TEST_F(LocalFileSystemTest, CreateDirectoriesIsContentWithWhatIsThere) {
  EXPECT_TRUE(disk_.CreateDirectories(directory_ / "a/b/c").ok());
  EXPECT_TRUE(disk_.CreateDirectories(directory_ / "a/b/c/").ok());
  EXPECT_TRUE(disk_.CreateDirectories(directory_ / "a/b/d").ok());
  EXPECT_TRUE(disk_.SyncDirectory(directory_ / "a/b/d").ok());
  EXPECT_TRUE(disk_.SyncFileSystem(directory_ / "a/b/d").ok());
  MakeFile(directory_ / "file", "x");
  EXPECT_EQ(disk_.CreateDirectories(directory_ / "file").error().code, ErrorCode::kAlreadyExists);
  EXPECT_FALSE(disk_.CreateDirectories(directory_ / "file/below").ok());
}

TEST_F(LocalFileSystemTest, ListTellsFilesFromFolders) {
  MakeFile(directory_ / "file", "four");
  ASSERT_TRUE(disk_.CreateDirectories(directory_ / "folder").ok());
  EXPECT_THAT(disk_.List(directory_.path()).value(),
              UnorderedElementsAre(IsEntry("file", false, 4u), IsEntry("folder", true, 0u)));
  EXPECT_TRUE(disk_.List(directory_ / "folder").value().empty());
  EXPECT_EQ(disk_.List(directory_ / "file").error().code, ErrorCode::kStorageFailed);
}

TEST_F(LocalFileSystemTest, ExistsIsFalseBelowAFile) {
  MakeFile(directory_ / "file", "x");
  EXPECT_TRUE(disk_.Exists(directory_ / "file").value());
  EXPECT_TRUE(disk_.Exists(directory_.path()).value());
  EXPECT_FALSE(disk_.Exists(directory_ / "file/below").value());
  EXPECT_EQ(disk_.Exists(std::string(10'000, 'x')).error().code, ErrorCode::kStorageFailed);
}

TEST_F(LocalFileSystemTest, OneHolderOfALock) {
  auto lock = disk_.Lock(directory_ / "lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(disk_.Lock(directory_ / "lock").error().code, ErrorCode::kOverloaded);
  { const auto released = std::move(lock).TakeValue(); }
  EXPECT_TRUE(disk_.Lock(directory_ / "lock").ok());
}

TEST_F(LocalFileSystemTest, FreeBytesIsSomething) {
  EXPECT_GT(disk_.FreeBytes(directory_.path()).value(), 0u);
}

TEST_F(LocalFileSystemTest, AFullDiskSaysSoToTheClient) {
  const auto error = ErrnoError(ENOSPC, "cannot write to a file", "/data/file");
  EXPECT_EQ(error.code, ErrorCode::kNoSpace);
  EXPECT_EQ(error.message, "cannot write to a file: no space left on device");
  EXPECT_EQ(error.detail, "/data/file: No space left on device (errno 28)");
  EXPECT_EQ(ErrnoError(EIO, "cannot write to a file", "f").message, "cannot write to a file");
}

std::atomic<int> signal_count{0};

// A full pipe makes write() return early when a signal comes: with few bytes at first, and with
// EINTR once no byte fits any more.
TEST_F(LocalFileSystemTest, ShortWritesAndSignalsLoseNothing) {
  const auto path = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  struct sigaction action {};
  action.sa_handler = [](int) { signal_count++; };  // without SA_RESTART
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);

  std::string sent(4 << 20, '\0');
  for (std::size_t i = 0; i < sent.size(); i++) sent[i] = static_cast<char>(i * 31 >> 3);
  std::string received;
  const auto writer = ::pthread_self();
  std::atomic<bool> is_written{false};
  std::thread reader([&] {
    const int pipe = ::open(path.c_str(), O_RDONLY);
    std::string piece(10'000, '\0');
    while (signal_count < 200 && !is_written) {
      ::pthread_kill(writer, SIGUSR1);
      std::this_thread::yield();
    }
    while (true) {
      const auto read = ::read(pipe, piece.data(), piece.size());
      if (read <= 0) break;
      received.append(piece, 0, static_cast<std::size_t>(read));
    }
    ::close(pipe);
  });
  const int pipe = ::open(path.c_str(), O_RDWR | O_CLOEXEC);  // never waits, whoever comes first
  ASSERT_GE(pipe, 0);
  auto file = std::make_unique<LocalAppendFile>(Descriptor(pipe), path);
  const auto outcome = file->Append(sent);
  is_written = true;
  ASSERT_TRUE(file->Close().ok());
  reader.join();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
  ASSERT_TRUE(outcome.ok()) << LogText(outcome.error());
  EXPECT_TRUE(received == sent) << received.size();
}

TEST_F(LocalFileSystemTest, AFailedSyncIsNeverTriedAgain) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor reading_end(ends[0]);
  LocalAppendFile file{Descriptor(ends[1]), "a pipe"};  // which cannot be synced
  ASSERT_TRUE(file.Append("x").ok());
  EXPECT_THAT(file.Sync().error().detail, HasSubstr("Invalid argument"));
  EXPECT_THAT(file.Sync().error().message, HasSubstr("after a failed sync"));
  EXPECT_EQ(file.Append("y").error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(file.bytes_written(), 1u);
}

}  // namespace
}  // namespace arc::fs
