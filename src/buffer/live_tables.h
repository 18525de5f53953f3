// All measurements in memory, by name and by id, and how far the order of requests is visible.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "buffer/live_measurement.h"
#include "model/lsn.h"
#include "model/names.h"

namespace arc::buffer {

// Lifetime: owned by Server; outlives the sequencer, the flushes and the engine.
// Threads:  any thread may call anything.
class LiveTables {
 public:
  // New ids start above `greatest_id`, visibility at `visible_lsn`.
  LiveTables(MeasurementId greatest_id, Lsn visible_lsn);

  // Null when no row was ever written to it and the catalog does not hold it.
  std::shared_ptr<LiveMeasurement> Find(std::string_view database,
                                        std::string_view measurement) const;
  // Makes the measurement (with a new id) when absent.
  std::shared_ptr<LiveMeasurement> FindOrCreate(const TableName& name);
  // For start-up: a measurement that the catalog holds.
  void Restore(MeasurementId id, const TableName& name, std::shared_ptr<const TableSchema> schema,
               Lsn flushed_lsn);
  // All of one database, in no order; all of all databases when it is empty. O(measurements).
  std::vector<std::shared_ptr<LiveMeasurement>> List(std::string_view database) const;

  std::size_t measurement_count(std::string_view database) const;
  // Memory that the rows of all measurements keep.
  std::size_t buffered_bytes() const { return buffered_bytes_.load(std::memory_order_relaxed); }
  MeasurementId greatest_id() const;

  // Every request up to it is published in full. Read it *after* the catalog snapshot is pinned.
  Lsn visible_lsn() const { return visible_lsn_.load(std::memory_order_acquire); }
  // For the sequencer's thread, after it has published everything up to `lsn`.
  void AdvanceVisible(Lsn lsn) { visible_lsn_.store(lsn, std::memory_order_release); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using Measurements = ByName<std::shared_ptr<LiveMeasurement>>;

  std::atomic<std::size_t> buffered_bytes_{0};  // outlives the measurements below
  mutable Mutex mutex_;
  ByName<Measurements> databases_ GUARDED_BY(mutex_);
  std::uint64_t greatest_id_ GUARDED_BY(mutex_);
  std::atomic<Lsn> visible_lsn_;
};

}  // namespace arc::buffer
