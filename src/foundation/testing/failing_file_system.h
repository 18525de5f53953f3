// For tests: a file system that fails one operation, chosen by its number among the openings,
// writes, renames, syncs and closes. The failed operation has no effect.

#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/fs/file_system.h"

namespace arc::testing {

// Threads: any.
class FailingFileSystem : public fs::FileSystem {
 public:
  explicit FailingFileSystem(fs::FileSystem& real) : real_(real) {}

  // Fails the operation after `operations_before` more; a negative number never.
  void FailAfter(int operations_before) { left_ = operations_before; }
  bool has_failed() const { return has_failed_; }

  Result<std::unique_ptr<fs::AppendFile>> Create(const std::string& path) override {
    TRY(Step());
    return {std::make_unique<File>(*this, TRY(real_.Create(path)))};
  }
  Result<std::unique_ptr<fs::ReadFile>> Open(const std::string& path) override {
    TRY(Step());
    return real_.Open(path);
  }
  Result<std::unique_ptr<fs::RandomFile>> OpenRandom(const std::string& path,
                                                     IfAbsent if_absent) override {
    TRY(Step());
    return {std::make_unique<Random>(*this, TRY(real_.OpenRandom(path, if_absent)))};
  }
  Result<void> Rename(const std::string& from, const std::string& to) override {
    TRY(Step());
    return real_.Rename(from, to);
  }
  Result<void> Remove(const std::string& path) override { return real_.Remove(path); }
  Result<void> RemoveDirectory(const std::string& path) override {
    return real_.RemoveDirectory(path);
  }
  Result<void> CreateDirectories(const std::string& path) override {
    TRY(Step());
    return real_.CreateDirectories(path);
  }
  Result<void> CreateDirectoriesUnsynced(const std::string& path) override {
    TRY(Step());
    return real_.CreateDirectoriesUnsynced(path);
  }
  Result<void> SyncDirectory(const std::string& path) override {
    TRY(Step());
    return real_.SyncDirectory(path);
  }
  // Only counts: a real sync would make every test wait for the whole machine's disk.
  Result<void> SyncFileSystem(const std::string&) override {
    TRY(Step());
    file_system_sync_count_++;
    return {};
  }
  Result<std::vector<fs::DirectoryEntry>> List(const std::string& path) override {
    return real_.List(path);
  }
  Result<void> MakePrivate(const std::string& path) override { return real_.MakePrivate(path); }
  Result<bool> Exists(const std::string& path) override { return real_.Exists(path); }
  Result<std::unique_ptr<fs::FileLock>> Lock(const std::string& path) override {
    return real_.Lock(path);
  }
  Result<std::unique_ptr<fs::HeldPath>> Hold(const std::string& path) override {
    return real_.Hold(path);
  }
  Result<std::uint64_t> FreeBytes(const std::string& path) override {
    return real_.FreeBytes(path);
  }

  int file_system_sync_count() const { return file_system_sync_count_; }

 private:
  class File : public fs::AppendFile {
   public:
    File(FailingFileSystem& owner, std::unique_ptr<fs::AppendFile> real)
        : owner_(owner), real_(std::move(real)) {}
    Result<void> Append(std::string_view bytes) override {
      TRY(owner_.Step());
      return real_->Append(bytes);
    }
    Result<void> Sync() override { return owner_.Step(); }
    Result<void> Close() override {
      TRY(owner_.Step());
      return real_->Close();
    }
    std::uint64_t bytes_written() const override { return real_->bytes_written(); }

   private:
    FailingFileSystem& owner_;
    const std::unique_ptr<fs::AppendFile> real_;
  };

  class Random : public fs::RandomFile {
   public:
    Random(FailingFileSystem& owner, std::unique_ptr<fs::RandomFile> real)
        : owner_(owner), real_(std::move(real)) {}
    Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override {
      return real_->ReadAt(offset, target);
    }
    Result<void> WriteAt(std::uint64_t offset, std::span<const std::string_view> pieces) override {
      TRY(owner_.Step());
      return real_->WriteAt(offset, pieces);
    }
    Result<void> Truncate(std::uint64_t byte_count) override {
      TRY(owner_.Step());
      return real_->Truncate(byte_count);
    }
    Result<void> Sync() override { return owner_.Step(); }
    Result<std::uint64_t> ByteCount() override { return real_->ByteCount(); }
    Result<bool> HasName() override { return real_->HasName(); }
    Result<void> LockExclusively() override { return real_->LockExclusively(); }

   private:
    FailingFileSystem& owner_;
    const std::unique_ptr<fs::RandomFile> real_;
  };

  Result<void> Step() {
    if (left_ < 0 || left_-- > 0) return {};
    has_failed_ = true;
    return Error{ErrorCode::kStorageFailed, "the disk failed", "injected"};
  }

  fs::FileSystem& real_;
  std::atomic<int> left_{-1};
  std::atomic<bool> has_failed_{false};
  std::atomic<int> file_system_sync_count_{0};
};

}  // namespace arc::testing
