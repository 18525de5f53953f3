// One measurement in memory: its schema as writers see it, and the rows that are acknowledged and
// not yet trimmed after a flush.
//
// Two schemas live here. The *registered* one is joined by every request before it is sequenced,
// so a value that cannot be stored is refused before it has an LSN. The *visible* one is what the
// published batches have, so that a query does not see columns of requests it cannot see.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "model/column_batch.h"
#include "model/lsn.h"
#include "model/names.h"
#include "model/schema.h"

namespace arc::buffer {

// Rows [row_begin, row_end) of an immutable batch.
struct BatchSlice {
  std::shared_ptr<const ColumnBatch> batch;
  std::size_t row_begin = 0;
  std::size_t row_end = 0;
};

// Lifetime: owned by LiveTables, lives as long as the server.
// Threads:  Publish is called by the sequencer's thread only; everything else from any thread.
class LiveMeasurement {
 public:
  // `memory`, if given, counts the bytes that all measurements keep; it outlives this.
  LiveMeasurement(MeasurementId id, TableName name, std::shared_ptr<const TableSchema> schema,
                  Lsn flushed_lsn, std::atomic<std::size_t>* memory = nullptr);

  MeasurementId id() const { return id_; }
  const TableName& name() const { return name_; }

  // The registered schema. Never null.
  std::shared_ptr<const TableSchema> registered_schema() const;
  // Replaces the registered schema if it is still `expected`; otherwise false, and the caller
  // joins again.
  bool ReplaceRegisteredSchema(const std::shared_ptr<const TableSchema>& expected,
                               std::shared_ptr<const TableSchema> joined);

  // Adds a batch at the end. LSNs rise from call to call. Tiny batches are folded into larger ones
  // (a query and a flush pay per batch), which keep the LSN of each of their rows.
  void Publish(Lsn lsn, std::shared_ptr<const ColumnBatch> batch, Clock::SteadyTime now);

  // What a query sees.
  struct View {
    std::shared_ptr<const TableSchema> schema;  // visible schema: never null
    std::vector<BatchSlice> slices;             // in LSN order
  };
  // The rows of requests with `after` < LSN <= `upto`. Nothing when rows after `after` have been
  // trimmed already (they are in files): the caller starts over with a newer catalog snapshot.
  std::optional<View> Read(Lsn after, Lsn upto) const;

  // The LSN of the first request ever published since start, 0 when there was none: a measurement
  // that the catalog does not hold yet exists for a query with `upto` >= this.
  Lsn first_lsn() const;

  // What a flush takes: the longest prefix of the buffered batches with LSN <= `upto`.
  struct Prefix {
    Lsn flushed_from = kLsnZero;                // everything up to it is in files
    Lsn flushed_to = kLsnZero;                  // the LSN of the last row taken
    std::shared_ptr<const TableSchema> schema;  // visible schema
    std::vector<BatchSlice> slices;
    std::size_t row_count = 0;
  };
  // Nothing when no row is buffered. Does not remove anything.
  std::optional<Prefix> PeekPrefix(Lsn upto) const;
  // Forgets the rows up to `flushed_to`: call after the catalog has committed them.
  void TrimFlushed(Lsn flushed_to);

  struct Usage {
    std::size_t row_count = 0;
    std::size_t byte_count = 0;
    std::optional<Clock::SteadyTime> oldest;  // when the oldest buffered row was published
  };
  Usage usage() const;

 private:
  // Rows of one or more requests with rising LSNs: `ends` holds, for each, where its rows end.
  struct Chunk {
    std::shared_ptr<const ColumnBatch> batch;
    std::vector<std::pair<Lsn, std::size_t>> ends;
    std::size_t byte_count = 0;
    Clock::SteadyTime published{};
  };

  static Chunk Fold(const Chunk* first, const Chunk* last);
  static bool CanJoin(const Chunk& older, const Chunk* newer, std::size_t count);
  void FoldTinyChunksLocked() REQUIRES(mutex_);
  std::vector<BatchSlice> SlicesLocked(Lsn after, Lsn upto) const REQUIRES(mutex_);

  const MeasurementId id_;
  const TableName name_;
  std::atomic<std::size_t>* const memory_;

  mutable Mutex mutex_;
  std::shared_ptr<const TableSchema> registered_schema_ GUARDED_BY(mutex_);
  std::shared_ptr<const TableSchema> visible_schema_ GUARDED_BY(mutex_);
  std::vector<Chunk> chunks_ GUARDED_BY(mutex_);  // in LSN order
  Lsn trimmed_lsn_ GUARDED_BY(mutex_);            // rows up to it are not here any more
  Lsn first_lsn_ GUARDED_BY(mutex_) = kLsnZero;
  std::size_t row_count_ GUARDED_BY(mutex_) = 0;
  std::size_t byte_count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc::buffer
