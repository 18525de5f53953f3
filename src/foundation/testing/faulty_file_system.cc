#include "foundation/testing/faulty_file_system.h"

#include <optional>
#include <utility>

#include "foundation/testing/faulty_files.h"

namespace arc::testing {
namespace {

using NodePointer = SimulatedDisk::NodePointer;

Error NotThere(const std::string& path) {
  return Error{ErrorCode::kNotFound, "no such file or folder", path};
}

Result<NodePointer> FindFile(const SimulatedDisk& disk, const std::string& path) {
  auto node = disk.Find(path);
  if (node == nullptr) return NotThere(path);
  if (!node->is_directory) return node;
  return Error{ErrorCode::kStorageFailed, "cannot open a file", path + ": not a regular file"};
}

Result<NodePointer> FindDirectory(const SimulatedDisk& disk, const std::string& path) {
  auto node = disk.Find(path);
  if (node == nullptr) return NotThere(path);
  if (node->is_directory) return node;
  return Error{ErrorCode::kStorageFailed, "cannot open a folder", path + ": not a folder"};
}

// Carries out a change of entries unless `damage` prevents it.
template <class Change>
auto ChangeEntries(SimulatedDisk& disk, FaultyFileSystem::Damage damage, Change change)
    -> decltype(change()) {
  using Damage = FaultyFileSystem::Damage;
  if (damage == Damage::kFailed || (damage == Damage::kTorn && disk.FlipCoin())) {
    return Error{ErrorCode::kStorageFailed, "the disk failed"};
  }
  auto outcome = change();
  if (damage == Damage::kTorn && outcome.ok()) disk.KeepLastEntryChange();
  return outcome;
}

}  // namespace

void FaultyFileSystem::CrashAt(std::uint64_t number, CrashMode mode, Unsynced unsynced) {
  MutexLock lock(mutex_);
  plan_.CrashAt({number, mode, unsynced});
}

void FaultyFileSystem::Crash(Unsynced unsynced) {
  MutexLock lock(mutex_);
  if (!has_crashed_) disk_.FailPower(unsynced);
  has_crashed_ = true;
}

bool FaultyFileSystem::has_crashed() const {
  MutexLock lock(mutex_);
  return has_crashed_;
}

void FaultyFileSystem::Reboot() {
  Crash(Unsynced::kDropAll);
  MutexLock lock(mutex_);
  plan_.Clear();
  has_crashed_ = false;
  file_system_sync_failed_ = false;
  boot_++;
}

void FaultyFileSystem::FailAt(std::uint64_t number, ErrorCode code) {
  MutexLock lock(mutex_);
  plan_.FailAt(number, code);
}

void FaultyFileSystem::FailEvery(std::string_view pattern, ErrorCode code) {
  MutexLock lock(mutex_);
  plan_.FailEvery({std::string(pattern)}, code);
}

void FaultyFileSystem::FailSyncs(std::string_view path_pattern) {
  MutexLock lock(mutex_);
  plan_.FailEvery({"sync ", std::string(path_pattern)}, ErrorCode::kStorageFailed);
}

void FaultyFileSystem::DelayAt(std::uint64_t number, FaultPlan::Hook hook) {
  MutexLock lock(mutex_);
  plan_.DelayAt(number, std::move(hook));
}

void FaultyFileSystem::DelayEvery(std::string_view pattern, FaultPlan::Hook hook) {
  MutexLock lock(mutex_);
  plan_.DelayEvery(std::string(pattern), std::move(hook));
}

void FaultyFileSystem::Repair() {
  MutexLock lock(mutex_);
  plan_.Clear();
}

void FaultyFileSystem::SetCapacity(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  disk_.SetCapacity(bytes);
}

std::uint64_t FaultyFileSystem::operation_count() const {
  MutexLock lock(mutex_);
  return operations_.size();
}

std::vector<DiskOperation> FaultyFileSystem::operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

std::string FaultyFileSystem::Describe(std::uint64_t number) const {
  MutexLock lock(mutex_);
  if (number == 0 || number > operations_.size()) return std::to_string(number) + ": none such";
  return std::to_string(number) + ": " + operations_[number - 1].text;
}

Result<std::unique_ptr<fs::AppendFile>> FaultyFileSystem::Create(const std::string& path) {
  const auto boot_now = boot();
  auto node = TRY(
      Perform(Kind::kChange, "create " + path, boot_now, [&](SimulatedDisk& disk, Damage damage) {
        return ChangeEntries(disk, damage, [&] { return disk.Create(path, false); });
      }));
  return {std::make_unique<FaultyAppendFile>(OpenedNode{*this, boot_now, path, std::move(node)})};
}

Result<std::unique_ptr<fs::ReadFile>> FaultyFileSystem::Open(const std::string& path) {
  const auto boot_now = boot();
  std::uint64_t byte_count = 0;
  const auto find = [&](SimulatedDisk& disk, Damage) -> Result<NodePointer> {
    auto found = TRY(FindFile(disk, path));
    byte_count = found->bytes.size();
    return found;
  };
  auto node = TRY(Perform(Kind::kRead, "open " + path, boot_now, find));
  return {std::make_unique<FaultyReadFile>(OpenedNode{*this, boot_now, path, std::move(node)},
                                           byte_count)};
}

Result<std::unique_ptr<fs::RandomFile>> FaultyFileSystem::OpenRandom(const std::string& path,
                                                                     IfAbsent if_absent) {
  const auto boot_now = boot();
  const bool may_create = if_absent == IfAbsent::kCreate;
  auto node =
      TRY(Perform(may_create ? Kind::kChange : Kind::kRead,
                  (may_create ? "open or create " : "open for writing ") + path, boot_now,
                  [&](SimulatedDisk& disk, Damage damage) -> Result<NodePointer> {
                    if (!may_create || disk.Find(path) != nullptr) return FindFile(disk, path);
                    return ChangeEntries(disk, damage, [&] { return disk.Create(path, false); });
                  }));
  return {std::make_unique<FaultyRandomFile>(OpenedNode{*this, boot_now, path, std::move(node)})};
}

Result<void> FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  return Perform(Kind::kChange, "rename " + from + " -> " + to, boot(),
                 [&](SimulatedDisk& disk, Damage damage) {
                   return ChangeEntries(disk, damage, [&] { return disk.Rename(from, to); });
                 });
}

Result<void> FaultyFileSystem::Remove(const std::string& path) {
  return Perform(Kind::kChange, "remove " + path, boot(), [&](SimulatedDisk& disk, Damage damage) {
    return ChangeEntries(disk, damage, [&] { return disk.Remove(path, false); });
  });
}

Result<void> FaultyFileSystem::RemoveDirectory(const std::string& path) {
  return Perform(Kind::kChange, "remove folder " + path, boot(),
                 [&](SimulatedDisk& disk, Damage damage) {
                   return ChangeEntries(disk, damage, [&] { return disk.Remove(path, true); });
                 });
}

Result<void> FaultyFileSystem::CreateDirectories(const std::string& path) {
  if (IsDirectory(path)) return {};
  const auto parent = fs::ParentOf(path);
  if (parent != path) TRY(CreateDirectories(parent));
  TRY(MakeDirectory(path));
  return SyncDirectory(parent);
}

Result<void> FaultyFileSystem::CreateDirectoriesUnsynced(const std::string& path) {
  if (IsDirectory(path)) return {};
  const auto parent = fs::ParentOf(path);
  if (parent != path) TRY(CreateDirectoriesUnsynced(parent));
  return MakeDirectory(path);
}

Result<void> FaultyFileSystem::MakeDirectory(const std::string& path) {
  return Perform(Kind::kChange, "make folder " + path, boot(),
                 [&](SimulatedDisk& disk, Damage damage) -> Result<void> {
                   const auto there = disk.Find(path);
                   if (there != nullptr && there->is_directory) return {};
                   const auto made =
                       ChangeEntries(disk, damage, [&] { return disk.Create(path, true); });
                   return made.ok() ? Result<void>() : made.error();
                 });
}

Result<void> FaultyFileSystem::SyncDirectory(const std::string& path) {
  return Perform(Kind::kChange, "sync folder " + path, boot(),
                 [&](SimulatedDisk& disk, Damage damage) -> Result<void> {
                   const auto directory = TRY(FindDirectory(disk, path));
                   if (damage == Damage::kNone) disk.SyncDirectory(directory);
                   if (damage == Damage::kTorn) disk.SyncDirectoryPartly(directory);
                   return {};
                 });
}

Result<void> FaultyFileSystem::SyncFileSystem(const std::string& path) {
  bool has_failed = false;
  const auto synced = Perform(Kind::kChange, "sync file system " + path, boot(),
                              [&](SimulatedDisk& disk, Damage damage) -> Result<void> {
                                if (disk.Find(path) == nullptr) return NotThere(path);
                                has_failed = damage != Damage::kNone;
                                if (has_failed) {
                                  disk.SyncEverythingPartly();
                                } else {
                                  disk.SyncEverything();
                                }
                                return {};
                              });
  MutexLock lock(mutex_);
  if (has_failed) file_system_sync_failed_ = true;
  if (!synced.ok()) return synced.error();
  if (!file_system_sync_failed_) return {};
  return Error{ErrorCode::kStorageFailed, "cannot sync the file system: an earlier sync failed",
               path};
}

Result<std::vector<fs::DirectoryEntry>> FaultyFileSystem::List(const std::string& path) {
  return Perform(Kind::kRead, "list " + path, boot(),
                 [&](SimulatedDisk& disk, Damage) -> Result<std::vector<fs::DirectoryEntry>> {
                   const auto directory = TRY(FindDirectory(disk, path));
                   std::vector<fs::DirectoryEntry> entries;
                   for (const auto& [name, node] : directory->entries) {
                     entries.push_back({name, node->is_directory, node->bytes.size()});
                   }
                   return entries;
                 });
}

Result<bool> FaultyFileSystem::Exists(const std::string& path) {
  return Perform(Kind::kRead, "look for " + path, boot(), [&](SimulatedDisk& disk, Damage) {
    return Result<bool>(disk.Find(path) != nullptr);
  });
}

Result<std::unique_ptr<fs::FileLock>> FaultyFileSystem::Lock(const std::string& path) {
  const auto boot_now = boot();
  auto holder = std::make_unique<char>();
  const auto take = [&](SimulatedDisk& disk, Damage damage) -> Result<NodePointer> {
    auto found = disk.Find(path);
    if (found == nullptr) {
      found = TRY(ChangeEntries(disk, damage, [&] { return disk.Create(path, false); }));
    }
    if (damage == Damage::kNone) TRY(LockNode(*found, holder.get()));
    return found;
  };
  auto node = TRY(Perform(Kind::kChange, "lock " + path, boot_now, take));
  return {std::make_unique<FaultyFileLock>(OpenedNode{*this, boot_now, path, std::move(node)},
                                           std::move(holder))};
}

// Not counted, and never fails by plan: the one that watches a place does so at times that no test
// can foresee.
Result<std::unique_ptr<fs::HeldPath>> FaultyFileSystem::Hold(const std::string& path) {
  const auto boot_now = boot();
  NodePointer node;
  PerformUncounted(boot_now, [&](SimulatedDisk& disk) { node = disk.Find(path); });
  if (node == nullptr) return NotThere(path);
  return {std::make_unique<FaultyHeldPath>(OpenedNode{*this, boot_now, path, std::move(node)})};
}

Result<std::uint64_t> FaultyFileSystem::FreeBytes(const std::string& path) {
  return Perform(Kind::kRead, "free bytes of " + path, boot(),
                 [&](SimulatedDisk& disk, Damage) -> Result<std::uint64_t> {
                   if (disk.Find(path) == nullptr) return NotThere(path);
                   return disk.free_bytes();
                 });
}

std::uint64_t FaultyFileSystem::boot() const {
  MutexLock lock(mutex_);
  return boot_;
}

DiskOperation FaultyFileSystem::Announce(Kind kind, std::string text) {
  DiskOperation operation;
  FaultPlan::Hook delay;
  {
    MutexLock lock(mutex_);
    operation = {operations_.size() + 1, std::move(text), kind == Kind::kChange};
    operations_.push_back(operation);
    delay = plan_.DelayOf(operation);
  }
  if (delay) delay(operation);
  return operation;
}

bool FaultyFileSystem::IsDirectory(const std::string& path) const {
  MutexLock lock(mutex_);
  const auto node = disk_.Find(path);
  return node != nullptr && node->is_directory;
}

}  // namespace arc::testing
