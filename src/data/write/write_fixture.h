// The write path on a simulated disk, without the threads that flush: for the tests of this folder.

#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/buffer/live_measurements.h"
#include "data/wal/log.h"
#include "data/wal/row_encoder.h"
#include "data/write/sequencer.h"
#include "foundation/base/mutex.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/faulty_file_system.h"
#include "foundation/testing/manual_clock.h"
#include "foundation/time/clock.h"

namespace arc::write {

using arc::testing::ManualClock;

// Holds up whoever comes to it, until it is opened.
class Gate {
 public:
  void Pass() {
    MutexLock lock(mutex_);
    is_reached_ = true;
    changed_.NotifyAll();
    while (!is_open_) changed_.Wait(lock);
  }
  void WaitUntilReached() {
    MutexLock lock(mutex_);
    while (!is_reached_) changed_.Wait(lock);
  }
  void Open() {
    MutexLock lock(mutex_);
    is_open_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool is_reached_ GUARDED_BY(mutex_) = false;
  bool is_open_ GUARDED_BY(mutex_) = false;
};

// Rows of the columns time and v: both count from `first`.
inline std::shared_ptr<const ColumnBatch> CountedRows(std::size_t count, std::int64_t first = 1) {
  std::vector<std::int64_t> times;
  arc::testing::BatchBuilder::Cells<std::int64_t> values;
  for (std::size_t i = 0; i < count; i++) {
    times.push_back(first + static_cast<std::int64_t>(i));
    values.emplace_back(times.back());
  }
  return std::make_shared<const ColumnBatch>(
      arc::testing::BatchBuilder().Time(times).Int64("v", values).Build());
}

// The payload of a record, in one piece.
inline std::string PayloadOf(std::vector<wal::RowsOfMeasurement> parts) {
  const wal::EncodedRows encoded(parts);
  std::string payload;
  for (const auto piece : encoded.Pieces()) payload += piece;
  return payload;
}

inline std::size_t RowsIn(const buffer::LiveMeasurement& live, Lsn after, Lsn last_lsn) {
  std::size_t rows = 0;
  for (const auto& run : live.PeekRequests(last_lsn)) {
    for (std::size_t i = 0, begin = 0; i < run.ends.size(); begin = run.ends[i++].row_end) {
      if (run.ends[i].lsn > after) rows += run.ends[i].row_end - begin;
    }
  }
  return rows;
}

// A log, buffers and the sequencer between them.
class WritePath {
 public:
  explicit WritePath(arc::testing::FaultyFileSystem& disk, const Clock& clock,
                     Sequencer::Options options = kOptions)
      : log_(OpenLog(disk, clock)),
        sequencer_(options, log_.get(), tables_, clock,
                   {[this](const auto&) { published_count_++; }, [] {}}) {}
  ~WritePath() { sequencer_.Close(); }

  static constexpr Sequencer::Options kOptions{1 << 20, 1 << 20, std::chrono::seconds(30),
                                               kLsnZero};

  // A request that is on its way: its outcome.
  using Outcome = std::future<Result<Lsn>>;
  Outcome Begin(const MeasurementName& name, std::size_t row_count = 1) {
    return Begin(tables_.FindOrCreate(name).value(), row_count);
  }
  Outcome Begin(std::shared_ptr<buffer::LiveMeasurement> live, std::size_t row_count = 1) {
    auto batch = CountedRows(row_count);
    WriteRecord record;
    record.byte_count = MemoryBytes(*batch);
    record.parts.push_back({std::move(live), std::move(batch)});
    return Begin(std::move(record));
  }
  Outcome Begin(WriteRecord record) {
    const auto promise = std::make_shared<std::promise<Result<Lsn>>>();
    auto outcome = promise->get_future();
    auto queued = sequencer_.Append(std::move(record), [promise](Result<Lsn> result) {
      promise->set_value(std::move(result));
    });
    if (!queued.ok()) promise->set_value(std::move(queued).TakeError());
    return outcome;
  }
  Result<Lsn> Write(const MeasurementName& name, std::size_t row_count = 1) {
    return Begin(name, row_count).get();
  }
  Outcome BeginBarrier() {
    const auto promise = std::make_shared<std::promise<Result<Lsn>>>();
    auto outcome = promise->get_future();
    auto queued = sequencer_.Barrier(
        [promise](Result<Lsn> result) { promise->set_value(std::move(result)); });
    if (!queued.ok()) promise->set_value(std::move(queued).TakeError());
    return outcome;
  }

  // That a query would see. 0 for a measurement that is not there.
  std::size_t VisibleRows(const MeasurementName& name) {
    const auto live = tables_.Find(name.database, name.measurement);
    return live == nullptr ? 0 : RowsIn(*live, kLsnZero, tables_.visible_lsn());
  }

  buffer::LiveMeasurements& tables() { return tables_; }
  Sequencer& sequencer() { return sequencer_; }
  wal::Log& log() { return *log_; }
  int published_count() const { return published_count_; }

 private:
  static std::unique_ptr<wal::Log> OpenLog(fs::FileSystem& disk, const Clock& clock) {
    IgnoreFailure(disk.CreateDirectories("/wal"), "a later failure says more");
    wal::Log::Options options;
    options.directory = "/wal";
    options.segment_bytes = 64 << 10;
    options.clock = &clock;
    return wal::Log::Open(std::move(options), disk, {}).TakeValue();
  }

  std::atomic<int> published_count_{0};
  buffer::LiveMeasurements tables_{MeasurementId{0}, kLsnZero};
  std::unique_ptr<wal::Log> log_;
  Sequencer sequencer_;
};

}  // namespace arc::write
