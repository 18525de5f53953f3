// The file arc.state, beside the catalog and the log: how new the catalog was, and which records
// the log must have. A start that finds an older catalog or fewer records knows that something is
// missing.
//
// Format: docs/formats/state.md. The file has two slots, each one disk sector with a number and a
// checksum. One slot is durable; everything goes into the other one, so a write that a crash cuts
// damages only that one:
//   Note    raises the numbers and writes them into the other slot, without a sync. If the process
//           dies, the system still has them; a power cut may lose them.
//   Record  writes them in the same way and syncs. Only then that slot is the durable one, and the
//           older one is free to be written.
// During a sync nobody writes to the file; Notes only raise the numbers in memory, and Record
// writes them when the sync has ended. After a failed sync nobody knows what the file holds: it is
// given up, and the next call makes a new file, which replaces the old one in one atomic step.
//
// The numbers only rise, so an old slot claims too little, never too much. A reader takes, of all
// whole slots, the greatest of each number.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "data/wal/log_extent.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::inventory {

// Every number only rises.
struct State {
  std::uint64_t catalog_generation = 0;  // the catalog had at least this generation
  wal::LogExtent log{};
  bool has_tokens = false;  // there is a file of tokens

  void Raise(const State& other);
  bool operator==(const State&) const = default;
};

// The state at `path`. No state when there is no file, or when it is damaged: `is_damaged` tells
// which. Fails when the disk fails.
struct FoundState {
  std::optional<State> state{};
  bool is_damaged = false;
  std::uint64_t sequence = 0;  // that of the newer slot, and which slot it is
  std::uint64_t slot = 0;
};
Result<FoundState> ReadState(fs::FileSystem& file_system, const std::string& path);

// Lifetime: opened with the store, closed after the store's last note.
// Threads:  any. A note costs one small write and no sync, or nothing while another thread syncs.
class StateFile {
 public:
  // Writes `state` durably: into the file that was `found`, which works on a full disk too, or else
  // into a new file. `file_system` outlives this.
  static Result<std::unique_ptr<StateFile>> Open(fs::FileSystem& file_system, std::string path,
                                                 const FoundState& found, const State& state);
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // Raises what the file says, without a sync. When it cannot be written, that is logged once, and
  // a later Note or Record writes it.
  void Note(const State& more);
  // The same, durable when it returns success. Calls wait for each other.
  Result<void> Record(const State& more);

  State state() const;

 private:
  StateFile(fs::FileSystem& file_system, std::string path)
      : file_system_(file_system), path_(std::move(path)) {}
  Result<void> WriteLocked() REQUIRES(mutex_);
  Result<void> MakeAnewLocked() REQUIRES(mutex_);
  Result<void> OpenFoundLocked(const FoundState& found) REQUIRES(mutex_);

  fs::FileSystem& file_system_;
  const std::string path_;

  Mutex record_mutex_;  // held during a Record; taken before mutex_

  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
  std::uint64_t sequence_ GUARDED_BY(mutex_) = 0;
  // Not written while it is synced. Null after a failed sync: the next write makes a new file.
  std::unique_ptr<fs::RandomFile> file_ GUARDED_BY(mutex_);
  // Which slot is durable: writes go to the other one.
  std::uint64_t durable_slot_ GUARDED_BY(mutex_) = 0;
  bool is_syncing_ GUARDED_BY(mutex_) = false;
  bool is_behind_ GUARDED_BY(mutex_) = false;   // the file says less than state_
  bool has_failed_ GUARDED_BY(mutex_) = false;  // the last Note failed, and that was logged
};

}  // namespace arc::inventory
