// What all measurements hold together: memory, the oldest row that is in no file, and memory that
// only readers still hold.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "data/buffer/buffered_batch.h"
#include "data/buffer/indexed_heap.h"
#include "foundation/base/check.h"
#include "foundation/base/mutex.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"
#include "foundation/model/schema_pool.h"

namespace arc::buffer {

// By what they own, so that a batch that is gone keeps its place and keeps nothing alive.
using BatchSet = std::set<std::weak_ptr<const ColumnBatch>, std::owner_less<>>;

// Lifetime: owned by LiveMeasurements; outlives its measurements.
// Threads:  any. Measurements call it with their own lock held: its mutex comes last.
class BufferTotals {
 public:
  std::size_t buffered_bytes() const { return buffered_bytes_.load(std::memory_order_relaxed); }
  void AddBytes(std::size_t byte_count) { buffered_bytes_ += byte_count; }
  void SubtractBytes(std::size_t byte_count) {
    const auto before = buffered_bytes_.fetch_sub(byte_count);
    CHECK(before >= byte_count, "BUG: more bytes leave the buffers than are in them");
  }

  // Lets measurements share their schemas.
  SchemaPool& schemas() { return schemas_; }

  // The measurement holds rows that are in no file, the oldest of request `oldest`; or none.
  void SetOldest(MeasurementId id, std::optional<Lsn> oldest);
  // The smallest of all measurements. O(1).
  std::optional<Lsn> oldest_lsn() const;

  // Batches that a measurement is about to forget, with its lock held, so that no further reader
  // can take them. Cheap for batches that no reader has.
  void Release(std::span<const BufferedBatch> batches);
  // Memory of released batches that readers keep alive. O(such batches).
  std::size_t reader_held_bytes() const;
  // The same of those among `batches`.
  std::size_t reader_held_bytes(const BatchSet& batches) const;

 private:
  struct Held {
    std::weak_ptr<const ColumnBatch> batch;
    std::size_t byte_count;
  };

  void ForgetReleasedLocked() const REQUIRES(mutex_);

  std::atomic<std::size_t> buffered_bytes_{0};
  SchemaPool schemas_;

  mutable Mutex mutex_;
  IndexedHeap<Lsn> oldest_ GUARDED_BY(mutex_);
  mutable std::vector<Held> held_ GUARDED_BY(mutex_);
  mutable std::size_t held_count_at_cleanup_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc::buffer
