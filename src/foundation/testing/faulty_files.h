// The files and locks of FaultyFileSystem.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/fs/file_system.h"
#include "foundation/testing/faulty_file_system.h"
#include "foundation/testing/simulated_disk.h"

namespace arc::testing {

// A file of the simulated disk as one opening sees it.
struct OpenedNode {
  FaultyFileSystem& owner;
  std::uint64_t boot;
  std::string path;
  SimulatedDisk::NodePointer node;
};

class FaultyAppendFile : public fs::AppendFile {
 public:
  explicit FaultyAppendFile(OpenedNode opened) : opened_(std::move(opened)) {}

  Result<void> Append(std::string_view bytes) override;
  Result<void> Sync() override;
  Result<void> Close() override;
  std::uint64_t bytes_written() const override { return bytes_written_; }

 private:
  Result<void> CheckUsable() const;

  const OpenedNode opened_;
  std::uint64_t bytes_written_ = 0;
  bool is_closed_ = false;
  bool sync_failed_ = false;
};

class FaultyReadFile : public fs::ReadFile {
 public:
  FaultyReadFile(OpenedNode opened, std::uint64_t byte_count)
      : opened_(std::move(opened)), byte_count_(byte_count) {}

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override;
  std::uint64_t byte_count() const override { return byte_count_; }

 private:
  const OpenedNode opened_;
  const std::uint64_t byte_count_;
};

class FaultyRandomFile : public fs::RandomFile {
 public:
  explicit FaultyRandomFile(OpenedNode opened) : opened_(std::move(opened)) {}
  ~FaultyRandomFile() override;

  Result<std::size_t> ReadAt(std::uint64_t offset, std::span<char> target) override;
  Result<void> WriteAt(std::uint64_t offset, std::span<const std::string_view> pieces) override;
  Result<void> Truncate(std::uint64_t byte_count) override;
  Result<void> Sync() override;
  Result<std::uint64_t> ByteCount() override;
  Result<bool> HasName() override;  // not counted
  Result<void> LockExclusively() override;

 private:
  Result<void> CheckUsable() const;

  const OpenedNode opened_;
  bool sync_failed_ = false;
};

class FaultyHeldPath : public fs::HeldPath {
 public:
  explicit FaultyHeldPath(OpenedNode opened) : opened_(std::move(opened)) {}

  Result<bool> IsInPlace() override;  // not counted

 private:
  const OpenedNode opened_;
};

class FaultyFileLock : public fs::FileLock {
 public:
  // `holder` has the lock.
  FaultyFileLock(OpenedNode opened, std::unique_ptr<char> holder)
      : opened_(std::move(opened)), holder_(std::move(holder)) {}
  ~FaultyFileLock() override;

 private:
  const OpenedNode opened_;
  const std::unique_ptr<char> holder_;
};

// Lock and unlock a node; the address `holder` stands for the opening.
Result<void> LockNode(SimulatedDisk::Node& node, const void* holder);
void UnlockNode(SimulatedDisk::Node& node, const void* holder);

}  // namespace arc::testing
