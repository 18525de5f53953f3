// The one order of all accepted write requests. Append gives a request its LSN; one thread then
// logs requests in that order, publishes them to their measurements' buffers, moves `visible_lsn`
// forward once for all that it took together, and completes them. So what a query can see is as
// durable as what is acknowledged.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "data/buffer/live_tables.h"
#include "data/wal/log_record.h"
#include "data/wal/row_encoder.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/lsn.h"
#include "foundation/time/clock.h"

namespace arc::wal {
class Log;
}

namespace arc::write {

// The rows of one request, admitted: nothing about them can be refused any more.
struct WriteRecord {
  struct Part {
    std::shared_ptr<buffer::LiveMeasurement> measurement;
    std::shared_ptr<const ColumnBatch> batch;  // at least one row
  };
  std::vector<Part> parts;     // measurements distinct
  std::size_t byte_count = 0;  // of memory, all batches together
};

// Lifetime: built before http starts; closed after http has drained and before the last flush.
// Threads:  any thread may call Append. Owned here: `sequencer`, which logs and publishes, and
//           `ack-deadline`, which answers for it when the disk does not.
// Memory:   when it runs out, a request is refused that is not logged yet; see is_broken for one
//           that is. Each completion is called all the same.
// Limits:   at most queue_bytes_max bytes of rows wait; past that, Append refuses.
class Sequencer {
 public:
  struct Options {
    std::size_t queue_bytes_max;
    std::uint64_t record_bytes_max;                 // of a request in the log; past it, kTooLarge
    std::chrono::milliseconds acknowledge_timeout;  // for the disk to take a group
    Lsn last_lsn;                                   // the first request gets the one after
  };
  // Called once, on a thread of the sequencer, after the request is visible and as durable as the
  // log makes it; or with why it is not: kNoSpace and kOverloaded (nothing of it is stored),
  // kUnavailable (nobody knows whether a restart will find it). Must not block.
  using Completion = std::function<void(Result<Lsn>)>;
  // Called on the sequencer's thread; must not block.
  struct Listeners {
    // Rows of the measurement became visible.
    std::function<void(const std::shared_ptr<buffer::LiveMeasurement>&)> published;
    std::function<void()> logged;  // a group was written, or the log refused it
  };

  // `log` may be null: then nothing is durable before it is flushed. Everything outlives this.
  Sequencer(Options options, wal::Log* log, buffer::LiveTables& tables, const Clock& clock,
            Listeners listeners);
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;
  ~Sequencer();  // Requires: Close() has been called.

  // Encodes the record for the log, queues it and returns; `completion` is called later. Fails,
  // without calling it, with kOverloaded when the queue is full or a measurement is being dropped,
  // with kTooLarge, with kUnavailable while the disk does not answer, with kCancelled after Close.
  Result<void> Append(WriteRecord record, Completion completion);
  // Takes a place in the order for something that is not a write: `reached` is called when
  // everything before it is published or refused. Fails as Append does, but for a full queue.
  Result<void> Barrier(Completion reached);

  std::size_t queued_bytes() const;
  // Of the requests that were refused after they had their place in the order.
  std::uint64_t refused_count() const;
  // An exception (no memory, say) came when a group was half way: nothing is logged or shown any
  // more, writes fail with kUnavailable, until a restart reads what the log holds. Barriers, which
  // show nothing, go on.
  bool is_broken() const;

  // Publishes and completes what is queued, then joins the threads.
  void Close();

 private:
  struct Sequenced {
    Lsn lsn;
    WriteRecord record;        // without parts: a barrier
    wal::EncodedRows encoded;  // points into the record's batches
    Completion completion;
  };

  Result<void> CheckOpenLocked() const REQUIRES(mutex_);
  Result<void> PushLocked(Sequenced sequenced) REQUIRES(mutex_);
  Completion TakeOldestLocked() REQUIRES(mutex_);
  // Of the thread "sequencer".
  void Loop();
  std::vector<Sequenced> TakeGroup();
  void RefuseOldest(Error why) noexcept;
  // What became of it: nothing when it is logged and visible.
  std::optional<Error> Carry(std::vector<Sequenced>& group) noexcept;
  static std::vector<wal::LogRecord> RecordsOf(const std::vector<Sequenced>& group);
  void Publish(std::vector<Sequenced>& group);
  void Complete(const std::vector<Sequenced>& group, const std::optional<Error>& failure) noexcept;
  // Of the thread "ack-deadline".
  void WatchDeadline();
  std::vector<Completion> AwaitDeadline();
  void RefuseWhileStalled();

  const Options options_;
  wal::Log* const log_;
  buffer::LiveTables& tables_;
  const Clock& clock_;
  const Listeners listeners_;

  mutable Mutex mutex_;
  Condition queue_changed_;
  Condition flight_changed_;  // in_flight_since_ or is_closed_
  std::deque<Sequenced> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  Lsn last_lsn_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  // Of the group that is being logged. Empty once its requests were answered in its stead.
  std::vector<Completion> in_flight_ GUARDED_BY(mutex_);
  Clock::SteadyTime in_flight_since_ GUARDED_BY(mutex_){};
  bool is_stalled_ GUARDED_BY(mutex_) = false;  // its disk has not answered in time
  bool is_broken_ GUARDED_BY(mutex_) = false;   // for ever: see Carry
  std::uint64_t refused_count_ GUARDED_BY(mutex_) = 0;

  Thread thread_;
  Thread deadline_thread_;
};

}  // namespace arc::write
