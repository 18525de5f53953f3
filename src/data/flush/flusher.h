// Moves buffered rows into files: takes a measurement's rows in LSN order, stages them as Parquet,
// publishes them, and forgets them in memory once the catalog has them.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/files/file_publisher.h"
#include "data/files/file_stager.h"
#include "data/flush/flush_queue.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/time/clock.h"

namespace arc::flush {

// Lifetime: built by Store after everything it is given here; closed before FilePublisher.
// Threads:  any thread may call anything. Owned here: the workers ("flush-N"), which write files,
//           and "flush-schedule", which sleeps until the next deadline.
// Failures: a flush that fails keeps its rows in memory, visible, and is repeated with growing
//           delay. It does not stop other measurements. One of a measurement that is dropped
//           meanwhile is no failure.
class Flusher {
 public:
  struct Options {
    FlushQueue::Policy policy;
    std::size_t worker_count = 2;
    // Asked by a worker before the rows up to an LSN become files, so that the log has them first;
    // may block on the disk. When it fails the flush goes on: a file is as good as the log.
    std::function<Result<void>(Lsn last_lsn)> before_flush = {};
    // Told after rows became files and left the buffers, without locks; must not block.
    std::function<void()> on_trimmed = {};
  };

  Flusher(Options options, files::FileStager& stager, files::FilePublisher& publisher,
          buffer::LiveMeasurements& live_measurements, const Clock& clock, Metrics& metrics);
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;
  ~Flusher();  // Requires: Close() has been called.

  // For the sequencer's thread, after a batch of the measurement became visible. Cheap.
  void OnPublished(const std::shared_ptr<buffer::LiveMeasurement>& live) {
    queue_.OnPublished(live);
  }
  // Flushes everything that is visible now, and waits. Fails with the first error of a flush or
  // with kDeadlinePassed; the rows concerned stay in memory.
  Result<void> FlushAll(std::chrono::milliseconds deadline) { return queue_.FlushAll(deadline); }
  // Starts to flush measurements, the large ones first, then the oldest, at least `bytes` of them
  // counting what is being flushed already. Does not wait. For a memory budget that is nearly used
  // up.
  void RelieveMemory(std::size_t bytes) { queue_.RelieveMemory(bytes); }
  // Starts to flush what holds rows of LSN <= `last_lsn`, of measurements with at least `rows_min`
  // rows, and returns how many are under way. Does not wait. For a log that is nearly full.
  std::size_t FlushOlderThan(Lsn last_lsn, std::size_t rows_min) {
    return queue_.FlushOlderThan(last_lsn, rows_min);
  }
  // After the measurement was dropped.
  void Forget(MeasurementId id) { queue_.Forget(id); }

  // Measurements that wait for a worker.
  std::size_t queued_count() const { return queue_.queued_count(); }
  // Measurements whose last flush failed: health is red when there is one.
  std::size_t failing_measurement_count() const { return queue_.failing_count(); }

  // Finishes the flushes that have begun and joins the threads. Rows that were not flushed stay in
  // memory: call FlushAll first.
  void Close();

 private:
  using Live = std::shared_ptr<buffer::LiveMeasurement>;

  void WorkUntilClosed();
  void StageOrFail(const Live& live);
  void Stage(const Live& live);
  void KeepStaged(const Live& live, Lsn last_lsn, const buffer::LiveMeasurement::Prefix& prefix,
                  files::Publication& publication);
  void TrimAndTell(const Live& live, Lsn flushed_to) noexcept;
  void PrepareLog(const Live& live, Lsn last_lsn);
  void HandOver(std::vector<files::Publication> staged);
  void Finish(const Live& live, Lsn flushed_to, Result<void> outcome) noexcept;

  // Constant after construction.
  files::FileStager& stager_;
  files::FilePublisher& publisher_;
  buffer::LiveMeasurements& live_measurements_;
  const std::function<Result<void>(Lsn)> before_flush_;
  const std::function<void()> on_trimmed_;
  FlushQueue queue_;
  Counter& rows_written_;
  Counter& flushes_;
  Counter& flush_failures_;

  // Staged flushes that wait for a few more to be published with: so ten thousand small
  // measurements that are due together become a few catalog transactions.
  Mutex mutex_;
  std::vector<files::Publication> staged_ GUARDED_BY(mutex_);
  std::uint64_t staged_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t in_flight_count_ GUARDED_BY(mutex_) = 0;
  Condition finished_;

  std::vector<Thread> workers_;
  Thread scheduler_;
};

}  // namespace arc::flush
