// The one order of all accepted write requests. Append gives a request its LSN; one thread then
// publishes requests in that order to their measurements' buffers, moves `visible_lsn` forward once
// for all that waited, and completes them. What makes a request durable before it is published
// belongs between the two, on that thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "buffer/live_tables.h"
#include "model/column_batch.h"
#include "model/lsn.h"

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
// Threads:  any thread may call Append. One thread, `sequencer`, owned here, publishes.
// Limits:   at most queue_bytes_max bytes of rows wait; past that, Append refuses.
class Sequencer {
 public:
  // Runs on the sequencer's thread, once, after the request is visible. Must not block.
  using Completion = std::function<void(Lsn)>;
  // Told of each measurement after rows of it became visible, on the sequencer's thread.
  using PublishedListener = std::function<void(const std::shared_ptr<buffer::LiveMeasurement>&)>;

  // The first request gets the LSN after `last_lsn`. `tables` and `clock` outlive this.
  Sequencer(std::size_t queue_bytes_max, Lsn last_lsn, buffer::LiveTables& tables,
            const Clock& clock, PublishedListener on_published);
  Sequencer(const Sequencer&) = delete;
  Sequencer& operator=(const Sequencer&) = delete;
  ~Sequencer();  // Requires: Close() has been called.

  // Queues the record and returns at once; `completion` is called later. Fails, without calling
  // it, with kOverloaded when the queue is full and with kCancelled after Close.
  Result<void> Append(WriteRecord record, Completion completion);

  std::size_t queued_bytes() const;

  // Publishes and completes what is queued, then joins the thread.
  void Close();

 private:
  struct Sequenced {
    Lsn lsn;
    WriteRecord record;
    Completion completion;
  };

  void Loop();
  void PublishGroup(std::vector<Sequenced>& group);

  const std::size_t queue_bytes_max_;
  buffer::LiveTables& tables_;
  const Clock& clock_;
  const PublishedListener on_published_;

  mutable Mutex mutex_;
  Condition queue_changed_;
  std::vector<Sequenced> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  Lsn last_lsn_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace arc::write
