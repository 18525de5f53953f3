// The one order of all accepted write requests.
//
// A request goes through five states. Whatever stops it, its completion is called exactly once.
//
// - Waiting: Append gave it an LSN and put it into the queue. It is not stored.
// - In flight: the sequencer's thread took it, with all that waited, as one group. It may be in the
//   log.
// - Logged: the log has the group and, if it syncs each group, has made it durable.
// - Visible: its rows are in the buffers and `visible_lsn` has passed it, so queries see it. The
//   whole group becomes visible in one step: no query sees half a request.
// - Answered: its completion was called.
//
// So what a query can see is as durable as what is acknowledged. A crash before "logged" loses
// requests that were not acknowledged; after it, replay brings the group back.
//
// When the disk does not answer in time, the thread "ack-deadline" gives the flight up: it answers
// the clients of the group ("outcome unknown") and those that wait behind it ("retry later"). The
// flight itself goes on when the disk does, and its rows become visible then.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "data/buffer/live_measurements.h"
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
  // log makes it; or with why it is not: kNoSpace and kOverloaded (it is not stored),
  // kUnavailable (nobody knows whether a restart will find it). Must not block.
  using Completion = std::function<void(Result<Lsn>)>;
  // Called on the sequencer's thread; must not block.
  struct Listeners {
    // Rows of the measurement became visible.
    std::function<void(const std::shared_ptr<buffer::LiveMeasurement>&)> published;
    std::function<void()> logged;  // a group was written, or the log refused it
  };

  // `log` may be null: then nothing is durable before it is flushed. Everything outlives this.
  Sequencer(Options options, wal::Log* log, buffer::LiveMeasurements& tables, const Clock& clock,
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
  // An exception (no memory, say) came while a group was being stored: from then on nothing is
  // logged or made visible and writes fail with kUnavailable, until a restart reads what the log
  // holds. Barriers, which store nothing, go on.
  bool is_broken() const;

  // Publishes and completes what is queued, then joins the threads.
  void Close();

 private:
  // Takes a place in the order and stores nothing.
  struct Marker {};
  struct EncodedRecord {
    WriteRecord record;
    wal::EncodedRows encoded;  // points into the record's batches; empty without a log
  };
  struct Request {
    Lsn lsn;
    std::variant<EncodedRecord, Marker> content;
    Completion completion;

    const EncodedRecord* rows() const { return std::get_if<EncodedRecord>(&content); }
    std::size_t byte_count() const { return rows() == nullptr ? 0 : rows()->record.byte_count; }
  };
  using Group = std::vector<Request>;
  // The group that the sequencer's thread has taken and not answered yet.
  struct Flight {
    Clock::SteadyTime since{};
    std::vector<Completion> completions;  // as in the group; empty when it is given up
    bool is_given_up = false;             // its disk has not answered in time
  };

  bool IsStalledLocked() const REQUIRES(mutex_) { return flight_ && flight_->is_given_up; }
  Result<void> CheckOpenLocked() const REQUIRES(mutex_);
  Result<void> EnqueueLocked(Request request) REQUIRES(mutex_);
  Completion TakeOldestLocked() REQUIRES(mutex_);
  // Of the thread "sequencer".
  void Loop();
  Group TakeGroup();
  void RefuseOldest(Error why) noexcept;
  // Why the rows of the group are not stored; nothing when they are logged and visible.
  std::optional<Error> LogAndPublish(const Group& group) noexcept;
  static std::vector<wal::LogRecord> RecordsOf(const Group& group);
  void Publish(const Group& group);
  void Answer(const Group& group, const std::optional<Error>& failure) noexcept;
  // Of the thread "ack-deadline".
  void WatchDeadline();
  std::vector<Completion> GiveUpLateFlight();
  void RefuseWhileStalled();

  const Options options_;
  wal::Log* const log_;
  buffer::LiveMeasurements& tables_;
  const Clock& clock_;
  const Listeners listeners_;

  mutable Mutex mutex_;
  Condition queue_changed_;
  Condition flight_changed_;  // or is_closed_
  std::deque<Request> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  Lsn last_lsn_ GUARDED_BY(mutex_);  // that was given out
  std::optional<Flight> flight_ GUARDED_BY(mutex_);
  bool is_broken_ GUARDED_BY(mutex_) = false;  // for ever: see LogAndPublish
  bool is_closed_ GUARDED_BY(mutex_) = false;
  std::uint64_t refused_count_ GUARDED_BY(mutex_) = 0;

  Thread thread_;
  Thread deadline_thread_;
};

}  // namespace arc::write
