// Keeps the write-ahead log small and ready: frees segments whose rows are in files, makes spare
// ones, syncs in intervals, and when the log grows has its oldest rows flushed or copied together.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "data/buffer/live_measurements.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/model/lsn.h"
#include "foundation/time/clock.h"

namespace arc::wal {
class Log;
}

namespace arc::write {

// Lifetime: built after, and closed before, the log and whatever flushes.
// Threads:  one of its own, "wal-keeper", which sleeps until there is something to do. The On...
//           functions may be called from any thread and do not block.
class WalKeeper {
 public:
  struct Options {
    // Between a write and its sync; zero when every group is synced before it is acknowledged.
    std::chrono::milliseconds sync_interval{0};
    std::uint64_t log_bytes_max;  // from half of it on, the oldest rows must leave the log
  };
  struct Hooks {
    // Makes those measurements due that have a row with an LSN up to `last_lsn` and at least
    // `rows_min` rows in all. Returns how many of them wait for their flush or are being flushed.
    std::function<std::size_t(Lsn last_lsn, std::size_t rows_min)> flush_older_than;
    // Nothing with an LSN below it is in the log any more.
    std::function<void(Lsn)> on_released;
  };

  WalKeeper(Options options, wal::Log& log, buffer::LiveMeasurements& tables, const Clock& clock,
            Hooks hooks);
  WalKeeper(const WalKeeper&) = delete;
  WalKeeper& operator=(const WalKeeper&) = delete;
  ~WalKeeper();  // Requires: Close() has been called.

  // A group was written.
  void OnWritten();
  // Rows were flushed and forgotten, or a measurement was dropped.
  void OnTrimmed();

  // Frees what can be freed once more, and joins the thread.
  void Close();

 private:
  void Loop();
  std::optional<Clock::SteadyTime> DueLocked() const REQUIRES(mutex_);
  void TryAgainLater();
  void Work();
  void SyncIfDue();
  void Release();
  bool IsSpareDue() const;
  bool IsReliefDue();
  void RelievePressure();
  Result<void> CopyRows(Lsn last_lsn);

  const Options options_;
  wal::Log& log_;
  buffer::LiveMeasurements& tables_;
  const Clock& clock_;
  const Hooks hooks_;

  // Touched only by the keeper's thread.
  Lsn released_lsn_ = kLsnZero;
  Clock::SteadyTime relieved_at_{};  // when, and at what size of the log, the last relief began
  std::uint64_t relieved_bytes_ = 0;

  // When the next spare may be made; written by the keeper's thread.
  std::atomic<Clock::SteadyTime> spare_due_{Clock::SteadyTime::min()};

  Mutex mutex_;
  Condition changed_;
  bool is_awake_ GUARDED_BY(mutex_) = false;  // there is something to look at
  std::optional<Clock::SteadyTime> sync_due_ GUARDED_BY(mutex_);
  std::optional<Clock::SteadyTime> retry_due_ GUARDED_BY(mutex_);  // after an exception
  bool is_closed_ GUARDED_BY(mutex_) = false;

  Thread thread_;
};

}  // namespace arc::write
