// A disk in memory that loses power, fails, fills up and hangs when it is told to: for tests of
// what a crash leaves behind. It forgets what was not synced (simulated_disk.h says how).
//
// Every call is an operation with a number, counted from 1. Each operation goes through Perform,
// which does, in this order: give it its number and wait if it is planned to hang (without the
// lock); fail if the power is off, or if its file was opened before a reboot; crash if a crash is
// planned here (a torn operation first has a part of its effect, and that part is durable); fail if
// a failure is planned here (which may leave a part of the effect, not durable); else do it.
//
// A test of crashes runs its workload once, asks how many operations that took, and runs it again
// with a crash at each of them:
//
//   for (number = 1; number <= operation_count; number++) {
//     FaultyFileSystem disk(seed);
//     disk.CrashAt(number, CrashMode::kTorn, Unsynced::kRandomSubset);
//     ... the workload, which fails at some point ...
//     disk.Reboot();
//     ... open again, and check what must be there ...
//   }

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/testing/fault_plan.h"
#include "foundation/testing/simulated_disk.h"

namespace arc::testing {

// The root folder exists from the start; relative paths begin at the root, too.
// Threads: any. Lifetime: longer than that of its files and locks.
class FaultyFileSystem : public fs::FileSystem {
 public:
  // `seed` decides everything that is random.
  explicit FaultyFileSystem(std::uint64_t seed = 1) : disk_(seed) {}

  // The power fails at that operation (or the process is killed: Unsynced::kStaysUnsynced): it
  // fails, and so does every later one until Reboot().
  void CrashAt(std::uint64_t number, CrashMode mode, Unsynced unsynced);
  // The power fails now.
  void Crash(Unsynced unsynced);
  bool has_crashed() const;
  // The power is back: files have what the crash left, nobody holds a lock, and no fault is planned
  // any more. Files and locks opened before fail for ever. If there was no crash, one with kDropAll
  // comes first.
  void Reboot();

  // That operation fails once. A failed write may have written a part. A failed sync makes a random
  // part durable and loses the rest for good: a later sync of the same file, opened anew, succeeds,
  // but does not bring the lost part to the disk.
  void FailAt(std::uint64_t number, ErrorCode code);
  // Every operation fails whose text (see operations()) contains `pattern`: "sync " for all syncs.
  void FailEvery(std::string_view pattern, ErrorCode code);
  // Every sync fails of a file or folder whose path contains `path_pattern`.
  void FailSyncs(std::string_view path_pattern);
  // Calls `hook` before the operation, on its thread and without a lock: while it waits, the disk
  // hangs for this caller alone.
  void DelayAt(std::uint64_t number, FaultPlan::Hook hook);
  void DelayEvery(std::string_view pattern, FaultPlan::Hook hook);
  // Ends all of the above, planned or present, except a crash that has happened.
  void Repair();
  // How many bytes all files together may have; more fails with kNoSpace. 1 TiB at first.
  void SetCapacity(std::uint64_t bytes);

  std::uint64_t operation_count() const;
  // All so far, also the failed ones.
  std::vector<DiskOperation> operations() const;
  // "17: sync /data/wal/1.wal", for messages.
  std::string Describe(std::uint64_t number) const;

  Result<std::unique_ptr<fs::AppendFile>> Create(const std::string& path) override;
  Result<std::unique_ptr<fs::ReadFile>> Open(const std::string& path) override;
  Result<std::unique_ptr<fs::RandomFile>> OpenRandom(const std::string& path,
                                                     IfAbsent if_absent) override;
  Result<void> Rename(const std::string& from, const std::string& to) override;
  Result<void> Remove(const std::string& path) override;
  Result<void> RemoveDirectory(const std::string& path) override;
  Result<void> CreateDirectories(const std::string& path) override;
  Result<void> CreateDirectoriesUnsynced(const std::string& path) override;
  Result<void> SyncDirectory(const std::string& path) override;
  Result<void> SyncFileSystem(const std::string& path) override;
  Result<std::vector<fs::DirectoryEntry>> List(const std::string& path) override;
  Result<bool> Exists(const std::string& path) override;
  Result<std::unique_ptr<fs::FileLock>> Lock(const std::string& path) override;
  Result<std::unique_ptr<fs::HeldPath>> Hold(const std::string& path) override;
  Result<std::uint64_t> FreeBytes(const std::string& path) override;

  // For the files of this file system.
  enum class Damage : std::uint8_t {
    kNone,
    kFailed,  // the operation fails: do what a failed one may have done
    kTorn,    // the power fails in it: do a part of it, and make that part durable
  };
  enum class Kind : std::uint8_t { kRead, kChange };
  // Counts an operation, and calls `effect(disk, damage)`, which returns a Result, unless the
  // operation has no effect at all. `boot` is the count of reboots when the file was opened.
  template <class Effect>
  auto Perform(Kind kind, std::string text, std::uint64_t boot, Effect effect)
      -> decltype(effect(std::declval<SimulatedDisk&>(), Damage::kNone));
  // The same without counting, for closing files and releasing locks.
  template <class Effect>
  void PerformUncounted(std::uint64_t boot, Effect effect);

 private:
  std::uint64_t boot() const;
  DiskOperation Announce(Kind kind, std::string text);
  Result<void> MakeDirectory(const std::string& path);
  bool IsDirectory(const std::string& path) const;

  mutable Mutex mutex_;
  SimulatedDisk disk_ GUARDED_BY(mutex_);
  FaultPlan plan_ GUARDED_BY(mutex_);
  std::vector<DiskOperation> operations_ GUARDED_BY(mutex_);
  std::uint64_t boot_ GUARDED_BY(mutex_) = 0;
  bool has_crashed_ GUARDED_BY(mutex_) = false;
  bool file_system_sync_failed_ GUARDED_BY(mutex_) = false;
};

template <class Effect>
auto FaultyFileSystem::Perform(Kind kind, std::string text, std::uint64_t boot, Effect effect)
    -> decltype(effect(std::declval<SimulatedDisk&>(), Damage::kNone)) {
  const auto operation = Announce(kind, std::move(text));
  MutexLock lock(mutex_);
  const Error dead{ErrorCode::kStorageFailed, "the power failed", operation.text};
  if (has_crashed_ || boot != boot_) return dead;
  if (const auto crash = plan_.CrashOf(operation)) {
    if (crash->mode == CrashMode::kTorn) {
      IgnoreFailure(effect(disk_, Damage::kTorn), "nobody is left to hear it");
    }
    disk_.FailPower(crash->unsynced);
    has_crashed_ = true;
    return dead;
  }
  if (const auto code = plan_.FailureOf(operation)) {
    IgnoreFailure(effect(disk_, Damage::kFailed), "another one is reported");
    return Error{*code, "the disk failed", operation.text};
  }
  auto outcome = effect(disk_, Damage::kNone);
  if (outcome.ok()) return outcome;
  auto error = std::move(outcome).TakeError();
  error.detail = operation.text + ": " + error.detail;
  return error;
}

template <class Effect>
void FaultyFileSystem::PerformUncounted(std::uint64_t boot, Effect effect) {
  MutexLock lock(mutex_);
  if (!has_crashed_ && boot == boot_) effect(disk_);
}

}  // namespace arc::testing
