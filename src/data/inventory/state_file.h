// What was last known of the catalog and the log, in a file beside both: how new the catalog was,
// and which records the log must have. A start that finds less knows that something is missing.
//
// Format: docs/formats/state.md.

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

// Every number only rises, so that one that is out of date claims less, and never too much.
struct State {
  std::uint64_t catalog_generation = 0;  // the catalog's was at least this
  wal::LogExtent log{};
  bool has_tokens = false;  // there is a file of tokens

  void Raise(const State& other);
  bool operator==(const State&) const = default;
};

// The state at `path`. Nothing when there is no file, or none that can be read: `is_damaged` tells
// which. Fails when the disk does.
struct FoundState {
  std::optional<State> state{};
  bool is_damaged = false;
  std::uint64_t sequence = 0;  // of the newer of its slots, and which that is
  std::uint64_t slot = 0;
};
Result<FoundState> ReadState(fs::FileSystem& file_system, const std::string& path);

// Lifetime: opened with the store, closed after its last note.
// Threads:  any. A note costs one small write and no sync, or nothing while another syncs.
class StateFile {
 public:
  // Writes `state` durably: into the file that was `found`, which needs no room on a full disk, or
  // into a new one. `file_system` outlives this.
  static Result<std::unique_ptr<StateFile>> Open(fs::FileSystem& file_system, std::string path,
                                                 const FoundState& found, const State& state);
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // Raises what the file says. A process that dies loses none of it; a power cut may, and then the
  // file says less than it could. What cannot be written is logged once and comes with a later one.
  void Note(const State& more);
  // The same, durable when it returns success. One at a time.
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
  // While it is synced nobody writes to it. Null after a failed sync: then it is made anew.
  std::unique_ptr<fs::RandomFile> file_ GUARDED_BY(mutex_);
  // The slot that is durable: what is written before the next sync goes to the other.
  std::uint64_t durable_slot_ GUARDED_BY(mutex_) = 0;
  bool is_syncing_ GUARDED_BY(mutex_) = false;
  bool is_behind_ GUARDED_BY(mutex_) = false;   // the file says less than state_
  bool has_failed_ GUARDED_BY(mutex_) = false;  // and that was logged
};

}  // namespace arc::inventory
