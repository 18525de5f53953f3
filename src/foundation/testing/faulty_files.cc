#include "foundation/testing/faulty_files.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace arc::testing {
namespace {

using Damage = FaultyFileSystem::Damage;
using Kind = FaultyFileSystem::Kind;

std::string AtText(std::uint64_t byte_count, std::uint64_t offset) {
  return ": " + std::to_string(byte_count) + " bytes at " + std::to_string(offset);
}

Result<std::size_t> Read(const OpenedNode& opened, std::uint64_t offset, std::span<char> target) {
  auto text = "read " + opened.path + AtText(target.size(), offset);
  return opened.owner.Perform(Kind::kRead, std::move(text), opened.boot,
                              [&](SimulatedDisk&, Damage) -> Result<std::size_t> {
                                const std::string_view bytes = opened.node->bytes;
                                if (offset >= bytes.size()) return std::size_t{0};
                                return bytes.substr(offset).copy(target.data(), target.size());
                              });
}

// Writes all of `bytes`, or with damage a random part from the front.
Result<void> Write(const OpenedNode& opened, SimulatedDisk& disk, Damage damage,
                   std::uint64_t offset, std::string_view bytes) {
  if (damage != Damage::kNone) bytes = bytes.substr(0, disk.RandomBelow(bytes.size() + 1));
  TRY(disk.Write(opened.node, offset, bytes));
  if (damage == Damage::kTorn && !bytes.empty()) disk.KeepLastFileChange(opened.node);
  return {};
}

Result<void> Sync(const OpenedNode& opened, bool& sync_failed) {
  const auto synced = opened.owner.Perform(Kind::kChange, "sync " + opened.path, opened.boot,
                                           [&](SimulatedDisk& disk, Damage damage) -> Result<void> {
                                             if (damage == Damage::kNone) {
                                               disk.SyncFile(opened.node);
                                             } else {
                                               disk.SyncFilePartly(opened.node);
                                             }
                                             return {};
                                           });
  if (!synced.ok()) sync_failed = true;
  return synced.ok() ? Result<void>() : synced.error();
}

// An empty `answer` means that the power has failed.
Result<bool> AnswerOf(std::optional<bool> answer, const std::string& path) {
  if (answer) return *answer;
  return Error{ErrorCode::kStorageFailed, "the power failed", path};
}

Error AfterFailedSync(const std::string& path) {
  return Error{ErrorCode::kStorageFailed, "cannot write to a file after a failed sync", path};
}

}  // namespace

Result<void> FaultyAppendFile::Append(std::string_view bytes) {
  TRY(CheckUsable());
  auto text = "append " + opened_.path + AtText(bytes.size(), bytes_written_);
  const auto appended = opened_.owner.Perform(
      Kind::kChange, std::move(text), opened_.boot, [&](SimulatedDisk& disk, Damage damage) {
        auto written = Write(opened_, disk, damage, bytes_written_, bytes);
        bytes_written_ = opened_.node->bytes.size();
        return written;
      });
  return appended.ok() ? Result<void>() : appended.error();
}

Result<void> FaultyAppendFile::Sync() {
  TRY(CheckUsable());
  return testing::Sync(opened_, sync_failed_);
}

Result<void> FaultyAppendFile::Close() {
  if (is_closed_) return {};
  is_closed_ = true;
  return opened_.owner.Perform(Kind::kRead, "close " + opened_.path, opened_.boot,
                               [](SimulatedDisk&, Damage) { return Result<void>(); });
}

Result<void> FaultyAppendFile::CheckUsable() const {
  if (sync_failed_) return AfterFailedSync(opened_.path);
  if (!is_closed_) return {};
  return Error{ErrorCode::kStorageFailed, "cannot write to a closed file", opened_.path};
}

Result<std::size_t> FaultyReadFile::ReadAt(std::uint64_t offset, std::span<char> target) {
  return Read(opened_, offset, target);
}

FaultyRandomFile::~FaultyRandomFile() {
  opened_.owner.PerformUncounted(opened_.boot,
                                 [this](SimulatedDisk&) { UnlockNode(*opened_.node, this); });
}

Result<std::size_t> FaultyRandomFile::ReadAt(std::uint64_t offset, std::span<char> target) {
  return Read(opened_, offset, target);
}

Result<void> FaultyRandomFile::WriteAt(std::uint64_t offset,
                                       std::span<const std::string_view> pieces) {
  TRY(CheckUsable());
  std::string bytes;
  for (const auto& piece : pieces) bytes += piece;
  auto text = "write " + opened_.path + AtText(bytes.size(), offset);
  return opened_.owner.Perform(Kind::kChange, std::move(text), opened_.boot,
                               [&](SimulatedDisk& disk, Damage damage) {
                                 return Write(opened_, disk, damage, offset, bytes);
                               });
}

Result<void> FaultyRandomFile::Truncate(std::uint64_t byte_count) {
  TRY(CheckUsable());
  auto text = "truncate " + opened_.path + " to " + std::to_string(byte_count);
  return opened_.owner.Perform(Kind::kChange, std::move(text), opened_.boot,
                               [&](SimulatedDisk& disk, Damage damage) -> Result<void> {
                                 if (damage == Damage::kFailed) return {};
                                 if (damage == Damage::kTorn && disk.FlipCoin()) return {};
                                 TRY(disk.Truncate(opened_.node, byte_count));
                                 if (damage == Damage::kTorn) disk.KeepLastFileChange(opened_.node);
                                 return {};
                               });
}

Result<void> FaultyRandomFile::Sync() {
  TRY(CheckUsable());
  return testing::Sync(opened_, sync_failed_);
}

Result<std::uint64_t> FaultyRandomFile::ByteCount() {
  return opened_.owner.Perform(
      Kind::kRead, "length of " + opened_.path, opened_.boot,
      [&](SimulatedDisk&, Damage) { return Result<std::uint64_t>(opened_.node->bytes.size()); });
}

Result<bool> FaultyRandomFile::HasName() {
  std::optional<bool> has_name;
  opened_.owner.PerformUncounted(opened_.boot,
                                 [&](SimulatedDisk&) { has_name = opened_.node->is_linked; });
  return AnswerOf(has_name, opened_.path);
}

Result<bool> FaultyHeldPath::IsInPlace() {
  std::optional<bool> is_in_place;
  opened_.owner.PerformUncounted(opened_.boot, [&](SimulatedDisk& disk) {
    is_in_place = disk.Find(opened_.path) == opened_.node;
  });
  return AnswerOf(is_in_place, opened_.path);
}

Result<void> FaultyRandomFile::LockExclusively() {
  return opened_.owner.Perform(Kind::kRead, "lock " + opened_.path, opened_.boot,
                               [&](SimulatedDisk&, Damage damage) -> Result<void> {
                                 if (damage != Damage::kNone) return {};
                                 return LockNode(*opened_.node, this);
                               });
}

Result<void> FaultyRandomFile::CheckUsable() const {
  if (sync_failed_) return AfterFailedSync(opened_.path);
  return {};
}

FaultyFileLock::~FaultyFileLock() {
  opened_.owner.PerformUncounted(
      opened_.boot, [this](SimulatedDisk&) { UnlockNode(*opened_.node, holder_.get()); });
}

Result<void> LockNode(SimulatedDisk::Node& node, const void* holder) {
  if (node.lock_holder != nullptr && node.lock_holder != holder) {
    return Error{ErrorCode::kOverloaded, "a file is held by another process", "lock"};
  }
  node.lock_holder = holder;
  return {};
}

void UnlockNode(SimulatedDisk::Node& node, const void* holder) {
  if (node.lock_holder == holder) node.lock_holder = nullptr;
}

}  // namespace arc::testing
