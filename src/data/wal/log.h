// The write-ahead log: makes requests durable before they are acknowledged, and keeps them until
// their rows are in files. What is in a record is not its business.
//
// Format: docs/formats/wal.md. Read back by wal/recovery.h.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/wal/group_writer.h"
#include "data/wal/log_extent.h"
#include "data/wal/log_record.h"
#include "data/wal/recovery.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::wal {

// Lifetime: opened after Recover(), closed when nothing appends any more. Destroying it without
//           Close() is what a crash does: what was synced is there.
// Threads:  one appends and closes (the sequencer), one keeps (Release, PrepareSpare,
//           WriteCheckpoint), any may call the rest.
// Limits:   total_bytes_max on disk, without the one spare segment.
//
// A write or sync that failed is never tried again: from then on Append and SyncTo fail with
// kUnavailable until the process starts again and recovers what the disk holds.
class Log {
 public:
  struct Options {
    std::string directory;
    std::uint64_t segment_bytes = std::uint64_t{64} << 20;
    std::uint64_t total_bytes_max = std::uint64_t{4} << 30;
    bool sync_each_group = true;
    Histogram* sync_seconds = nullptr;  // observes every sync of a segment; may be null
    const Clock* clock = &Clock::System();
    // Told what the log must hold, after every sync and release. Must not take long.
    std::function<void(const LogExtent&)> note_extent = [](const LogExtent&) {};
    // The same before anything is freed, which waits until it is durable; on the keeper's thread.
    std::function<Result<void>(const LogExtent&)> record_extent =
        [](const LogExtent&) -> Result<void> { return {}; };
  };
  using SegmentInfo = wal::SegmentInfo;

  // What Recover() found stays until it is released. Touches no disk: the first Append starts a new
  // segment. `file_system` must outlive the log.
  static Result<std::unique_ptr<Log>> Open(Options options, fs::FileSystem& file_system,
                                           Recovered recovered);

  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  // Writes the group, whole or not at all, and with sync_each_group makes it durable.
  // Requires: the group is not empty; LSNs rise, within it and from group to group.
  // Fails, with nothing of the group in the log, with
  //   kTooLarge     a payload above kPayloadBytesMax;
  //   kOverloaded   total_bytes_max would be passed;
  //   kNoSpace      the disk is full. At most once a second a later call tries a new segment.
  // Fails with kUnavailable when a write or sync failed, for ever; for the first group that hears
  // it the message says that the outcome is unknown.
  Result<void> Append(std::span<const LogRecord> group);

  // Makes every record up to `lsn` durable, or up to the last one written when that is less.
  Result<void> SyncTo(Lsn lsn);

  Lsn written_lsn() const { return Lsn{written_.load(std::memory_order_acquire)}; }
  Lsn durable_lsn() const { return Lsn{durable_.load(std::memory_order_acquire)}; }

  // From now on nothing is taken, as after a failed write, but for this reason. The first one
  // stays.
  void Refuse(const Error& why);

  // Frees what holds only LSNs below `smallest_unflushed`: closed segments (one becomes the spare
  // when there is none) and the checkpoint. What fails is tried again by the next call.
  Result<void> Release(Lsn smallest_unflushed);

  // Makes a spare segment ready if there is none: its blocks are allocated and written, which
  // halves the time of a sync. Writes up to segment_bytes.
  Result<void> PrepareSpare();
  bool wants_spare() const;

  class CheckpointSink {
   public:
    virtual ~CheckpointSink() = default;
    // `record.lsn`: the greatest LSN of its rows, at most the checkpoint's.
    virtual Result<void> Add(const LogRecord& record) = 0;
  };
  // Writes a checkpoint that takes the place of every record with LSN <= `last_lsn`: `write_rows`
  // adds those that are still needed. When it is durable under its name, the older checkpoint and
  // the closed segments that end at or below `last_lsn` are freed. On failure nothing has changed;
  // when the freeing fails, the next Release tries again.
  Result<void> WriteCheckpoint(Lsn last_lsn,
                               const std::function<Result<void>(CheckpointSink&)>& write_rows);

  // Of segments and checkpoint, as far as they are written.
  std::uint64_t total_bytes() const;
  std::vector<SegmentInfo> segments() const;  // oldest first, the open one last
  std::optional<CheckpointInfo> checkpoint() const;
  // What somebody outside must remember, to know what is missing should the folder lose something.
  LogExtent extent() const;
  // Names in the folder without which rows are lost. Whoever misses one asks again before he
  // believes it: it may have been freed meanwhile.
  std::vector<std::string> NeededFiles() const;
  std::optional<Error> failure() const;  // why Append fails until the next start
  // True from a group that found the disk full until one that did not.
  bool is_out_of_space() const { return is_out_of_space_.load(std::memory_order_relaxed); }
  std::uint64_t group_count() const { return group_count_.load(std::memory_order_relaxed); }
  std::uint64_t appended_bytes() const { return appended_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t sync_count() const { return sync_count_.load(std::memory_order_relaxed); }

  // Makes everything durable and says so in the log, so that later damage is known as such. Nothing
  // may be called afterwards but what reads.
  Result<void> Close();

 private:
  struct OpenSegment;

  Log(Options options, fs::FileSystem& file_system, Recovered recovered);

  // Of the thread that appends.
  Result<void> CheckAppendable(std::uint64_t group_bytes);
  Result<void> StartSegment();
  Result<std::unique_ptr<fs::RandomFile>> OpenNewFile(const std::string& path);
  Result<void> WriteGroup(std::span<const LogRecord> group, std::uint64_t byte_count);
  Error UndoGroup(const Error& error);
  Error Pause(const Error& error);
  Result<void> CloseSegment();
  void ForgetOpenSegment();

  // Of the keeper.
  std::optional<SegmentInfo> OldestFree(Lsn smallest_unflushed) const;
  bool IsCheckpointFree(Lsn smallest_unflushed) const;
  Result<void> FreeCheckpoint(Lsn last_lsn);
  Result<void> FreeFile(const SegmentInfo& segment);
  Result<void> FillSpare(const std::string& path);
  Result<void> FillWithZeros(const std::string& path);
  Result<std::uint64_t> WriteCheckpointFile(
      const std::string& path, Lsn last_lsn,
      const std::function<Result<void>(CheckpointSink&)>& write_rows);

  // Remembers the first failure; returns it.
  Error Fail(const Error& error);
  Result<void> SyncFileLocked() REQUIRES(sync_mutex_);
  std::string PathOf(const std::string& name) const;

  // Constant after construction.
  const Options options_;
  fs::FileSystem& file_system_;

  // Touched only by the thread that appends.
  std::unique_ptr<OpenSegment> open_;
  GroupWriter group_writer_;
  std::uint64_t next_segment_number_;
  std::optional<Clock::SteadyTime> paused_until_;  // after a segment could not be begun or grow
  std::optional<Error> pause_error_;
  bool is_closed_ = false;

  // Touched only by the keeper.
  std::uint64_t next_spare_number_ = 1;

  std::atomic<std::uint64_t> written_;
  std::atomic<std::uint64_t> durable_;
  std::atomic<std::uint64_t> group_count_{0};
  std::atomic<std::uint64_t> appended_bytes_{0};
  std::atomic<std::uint64_t> sync_count_{0};
  std::atomic<bool> is_out_of_space_{false};

  // Held during a sync, so that syncs do not overlap. Taken before mutex_. The open segment is
  // opened a second time for it, because a file object belongs to one thread.
  Mutex sync_mutex_;
  std::unique_ptr<fs::RandomFile> sync_file_ GUARDED_BY(sync_mutex_);

  mutable Mutex mutex_;
  std::deque<SegmentInfo> segments_ GUARDED_BY(mutex_);
  bool last_is_open_ GUARDED_BY(mutex_) = false;
  std::optional<CheckpointInfo> checkpoint_ GUARDED_BY(mutex_);
  std::optional<std::string> spare_ GUARDED_BY(mutex_);
  Lsn needed_from_ GUARDED_BY(mutex_) = kLsnZero;  // what is below was released
  std::string freeing_ GUARDED_BY(mutex_);         // the name that goes; empty: none
  std::optional<Error> failure_ GUARDED_BY(mutex_);
};

}  // namespace arc::wal
