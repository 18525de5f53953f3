// AppendFile, ReadFile, RandomFile, FileLock and HeldPath on the machine's own disks.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/fs/descriptor.h"
#include "foundation/fs/file_system.h"

namespace arc::fs {

// Writes straight through: callers gather small pieces themselves.
class LocalAppendFile : public AppendFile {
 public:
  LocalAppendFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<void> Append(std::string_view bytes) override;
  Result<void> Sync() override;
  Result<void> Close() override;
  std::uint64_t bytes_written() const override { return bytes_written_; }

 private:
  Result<void> CheckUsable() const;

  Descriptor descriptor_;
  const std::string path_;
  std::uint64_t bytes_written_ = 0;
  bool sync_failed_ = false;  // never cleared: the kernel reports lost bytes only once
};

class LocalReadFile : public ReadFile {
 public:
  LocalReadFile(Descriptor descriptor, std::string path, std::uint64_t byte_count)
      : descriptor_(std::move(descriptor)), path_(std::move(path)), byte_count_(byte_count) {}

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override;
  std::uint64_t byte_count() const override { return byte_count_; }

 private:
  const Descriptor descriptor_;
  const std::string path_;
  const std::uint64_t byte_count_;
};

class LocalRandomFile : public RandomFile {
 public:
  LocalRandomFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override;
  Result<void> WriteAt(std::uint64_t offset, std::span<const std::string_view> pieces) override;
  Result<void> Truncate(std::uint64_t byte_count) override;
  Result<void> Sync() override;
  Result<std::uint64_t> ByteCount() override;
  Result<bool> HasName() override;
  Result<void> LockExclusively() override;

 private:
  Result<void> CheckUsable() const;

  const Descriptor descriptor_;
  const std::string path_;
  bool sync_failed_ = false;  // never cleared: the kernel reports lost bytes only once
};

// The lock (flock) belongs to the open file, so closing it releases the lock.
class LocalFileLock : public FileLock {
 public:
  explicit LocalFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  const Descriptor descriptor_;
};

// As long as it is open, no other file can get its inode number.
class LocalHeldPath : public HeldPath {
 public:
  LocalHeldPath(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<bool> IsInPlace() override;

 private:
  const Descriptor descriptor_;
  const std::string path_;
};

}  // namespace arc::fs
