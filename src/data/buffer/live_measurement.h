// One measurement in memory: its schema as writers see it, and the rows that are acknowledged and
// not yet trimmed after a flush.
//
// Two schemas live here. The *registered* one is joined by every request before it is sequenced,
// so a value that cannot be stored is refused before it has an LSN. The *visible* one is what the
// published batches have, so that a query does not see columns of requests it cannot see.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "data/buffer/buffer_totals.h"
#include "data/buffer/buffered_batch.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/model/column_batch.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema.h"
#include "foundation/time/clock.h"

namespace arc::buffer {

// Lifetime: owned by LiveMeasurements until it is dropped or the server ends. Flushes and queries
//           may keep it longer.
// Threads:  Publish and PublishRequests are called by one thread at a time (the sequencer's; at
//           start the one that replays); everything else from any thread.
class LiveMeasurement {
 public:
  // `totals`, if given, is told of every change; it outlives this.
  LiveMeasurement(MeasurementId id, MeasurementName name, std::shared_ptr<const RowSchema> schema,
                  Lsn flushed_lsn, BufferTotals* totals = nullptr);
  LiveMeasurement(const LiveMeasurement&) = delete;
  LiveMeasurement& operator=(const LiveMeasurement&) = delete;

  MeasurementId id() const { return id_; }
  const MeasurementName& name() const { return name_; }

  // The registered schema. Never null.
  std::shared_ptr<const RowSchema> registered_schema() const;
  // Replaces the registered schema if it is still `expected`; otherwise false, and the caller
  // joins again.
  bool ReplaceRegisteredSchema(const std::shared_ptr<const RowSchema>& expected,
                               std::shared_ptr<const RowSchema> joined);

  // Adds a batch at the end. LSNs rise from call to call. Tiny batches are folded into larger ones
  // (a query and a flush pay per batch), which keep the LSN of each of their rows.
  // Does nothing once the measurement is dropped.
  void Publish(Lsn lsn, std::shared_ptr<const ColumnBatch> batch, Clock::SteadyTime now);
  // The same for the rows of many requests at once, as PeekRequests gave them. Rows that were
  // flushed already are left out.
  void PublishRequests(std::shared_ptr<const ColumnBatch> batch, RequestEnds ends,
                       Clock::SteadyTime now);

  // What a query sees.
  struct View {
    std::shared_ptr<const RowSchema> schema;  // visible schema: never null
    std::vector<BatchSlice> slices;           // in LSN order
  };
  // The rows of requests with `after` < LSN <= `last_lsn`. Nothing when rows after `after` have
  // been trimmed already (they are in files): the caller starts over with a newer catalog snapshot.
  std::optional<View> Read(Lsn after, Lsn last_lsn) const;

  // The LSN of the first request ever published since start, 0 when there was none: a measurement
  // that the catalog does not hold yet exists for a query with `last_lsn` >= this.
  Lsn first_lsn() const;

  // The LSN of the oldest row that is in no file; nothing when no row is buffered.
  std::optional<Lsn> oldest_lsn() const;

  // What a flush takes: the longest prefix of the buffered batches with LSN <= `last_lsn`.
  struct Prefix {
    Lsn flushed_from = kLsnZero;              // everything up to it is in files
    Lsn flushed_to = kLsnZero;                // the LSN of the last row taken
    std::shared_ptr<const RowSchema> schema;  // visible schema
    std::vector<BatchSlice> slices;
    std::size_t row_count = 0;
  };
  // Nothing when no row is buffered. Does not remove anything.
  std::optional<Prefix> PeekPrefix(Lsn last_lsn) const;
  // Forgets the rows up to `flushed_to`: call after the catalog has committed them.
  void TrimFlushed(Lsn flushed_to);

  // All buffered rows with LSN <= `last_lsn`, in LSN order.
  std::vector<RequestSlice> PeekRequests(Lsn last_lsn) const;

  // A drop of it has begun, and may still fail: no request may take its place in the order with
  // rows of it. LiveMeasurements sets and clears it.
  void SetDropping(bool is_dropping) { is_dropping_.store(is_dropping, std::memory_order_release); }
  bool is_dropping() const { return is_dropping_.load(std::memory_order_acquire); }
  // The catalog has forgotten the measurement: its rows go, later ones are ignored, and Read says
  // that there is nothing here to read. For ever.
  void MarkDropped();
  bool is_dropped() const { return is_dropped_.load(std::memory_order_acquire); }

  struct Usage {
    std::size_t row_count = 0;
    std::size_t byte_count = 0;
    std::optional<Clock::SteadyTime> oldest;  // when the oldest buffered row was published
  };
  Usage usage() const;

 private:
  // The object that all measurements with such a schema have.
  std::shared_ptr<const RowSchema> Shared(std::shared_ptr<const RowSchema> schema) const;
  void AddLocked(BufferedBatch batch) REQUIRES(mutex_);
  void FoldTinyBatchesLocked() REQUIRES(mutex_);
  void TrimLocked(Lsn flushed_to, std::vector<BufferedBatch>& freed) REQUIRES(mutex_);
  void CountBytesLocked(std::size_t added, std::size_t removed) REQUIRES(mutex_);
  std::optional<Lsn> OldestLocked() const REQUIRES(mutex_);
  std::vector<BatchSlice> SlicesLocked(Lsn after, Lsn last_lsn) const REQUIRES(mutex_);

  const MeasurementId id_;
  const MeasurementName name_;
  BufferTotals* const totals_;
  std::atomic<bool> is_dropping_{false};
  std::atomic<bool> is_dropped_{false};

  // Taken before the locks of BufferTotals and its SchemaPool, after that of FlushQueue.
  mutable Mutex mutex_;
  std::shared_ptr<const RowSchema> registered_schema_ GUARDED_BY(mutex_);
  std::shared_ptr<const RowSchema> visible_schema_ GUARDED_BY(mutex_);
  std::vector<BufferedBatch> batches_ GUARDED_BY(mutex_);  // in LSN order
  Lsn trimmed_lsn_ GUARDED_BY(mutex_);                     // rows up to it are not here any more
  Lsn first_lsn_ GUARDED_BY(mutex_) = kLsnZero;
  std::size_t row_count_ GUARDED_BY(mutex_) = 0;
  std::size_t byte_count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc::buffer
