// All measurements in memory, by name and by id, and how far the order of requests is visible.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/buffer/buffer_totals.h"
#include "data/buffer/live_measurement.h"
#include "foundation/base/check.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/model/lsn.h"
#include "foundation/model/names.h"

namespace arc::buffer {

class LiveMeasurements;

// The mark on what is being dropped: while it is there, no request can begin to write to it.
// Lifetime: shorter than that of LiveMeasurements. If it is destroyed before Finish(), the mark is
//           taken away and nothing has changed.
// Threads:  one at a time.
class DropMark {
 public:
  DropMark(DropMark&& other) noexcept
      : tables_(std::exchange(other.tables_, nullptr)),
        scope_(std::move(other.scope_)),
        measurements_(std::move(other.measurements_)) {}
  DropMark& operator=(DropMark&&) = delete;
  ~DropMark();

  // What was there when the mark was set; nothing has come since.
  const std::vector<std::shared_ptr<LiveMeasurement>>& measurements() const {
    return measurements_;
  }
  // Forgets the measurements, once the catalog has: their rows are freed, their names are free for
  // new ones.
  void Finish();

 private:
  friend class LiveMeasurements;
  DropMark(LiveMeasurements& tables, MeasurementName scope,
           std::vector<std::shared_ptr<LiveMeasurement>> measurements)
      : tables_(&tables), scope_(std::move(scope)), measurements_(std::move(measurements)) {}

  LiveMeasurements* tables_;  // null when the mark is gone
  MeasurementName scope_;     // without a measurement: a database
  std::vector<std::shared_ptr<LiveMeasurement>> measurements_;
};

// Lifetime: owned by Store; outlives the sequencer, the flushes and the engine.
// Threads:  any thread may call anything.
class LiveMeasurements {
 public:
  // New ids start above `greatest_id`, visibility at `visible_lsn`.
  LiveMeasurements(MeasurementId greatest_id, Lsn visible_lsn);

  // Null when no row was ever written to it and the catalog does not hold it.
  std::shared_ptr<LiveMeasurement> Find(std::string_view database,
                                        std::string_view measurement) const;
  // Makes the measurement (with a new id) when absent. Fails with kOverloaded while it or its
  // database is being dropped.
  Result<std::shared_ptr<LiveMeasurement>> FindOrCreate(const MeasurementName& name);
  // An id that no measurement has or will have but the one that is made with it: files can be
  // labelled with it before there is any sign of the measurement.
  MeasurementId ReserveId();
  // The same as above with the reserved id. Fails with kOverloaded when the name has another id.
  Result<std::shared_ptr<LiveMeasurement>> FindOrCreate(const MeasurementName& name,
                                                        MeasurementId id);
  // For start-up: a measurement that the catalog holds.
  void Restore(MeasurementId id, const MeasurementName& name,
               std::shared_ptr<const RowSchema> schema, Lsn flushed_lsn);
  // For replay: the measurement with this id and name, made when absent: the catalog does not hold
  // one of which no row was flushed. Fails with kCorruptData when the name has another id.
  Result<std::shared_ptr<LiveMeasurement>> RestoreNew(MeasurementId id,
                                                      const MeasurementName& name);
  // All of one database, in no order; all of all databases when it is empty. O(measurements).
  std::vector<std::shared_ptr<LiveMeasurement>> List(std::string_view database) const;
  // Those with a buffered row of LSN <= `last_lsn`. O(measurements).
  std::vector<std::shared_ptr<LiveMeasurement>> ListUnflushed(Lsn last_lsn) const;

  // Marks one measurement, or a whole database and all that could be created in it, as being
  // dropped. Whether it exists is for the caller to see. Fails with kOverloaded when it, its
  // database or something in it is being dropped already.
  Result<DropMark> BeginDrop(const MeasurementName& name);
  Result<DropMark> BeginDropDatabase(const std::string& database);

  std::size_t measurement_count(std::string_view database) const;
  // Memory that the rows of all measurements keep.
  std::size_t buffered_bytes() const { return totals_.buffered_bytes(); }
  // Memory of rows that left the buffers and that readers still hold. O(batches so held).
  std::size_t reader_held_bytes() const { return totals_.reader_held_bytes(); }
  // The same of those among `batches`: what one reader holds.
  std::size_t reader_held_bytes(const BatchSet& batches) const {
    return totals_.reader_held_bytes(batches);
  }
  // The LSN of the oldest published row that is in no file; nothing when none is buffered. O(1).
  std::optional<Lsn> oldest_unflushed_lsn() const { return totals_.oldest_lsn(); }
  MeasurementId greatest_id() const;

  // Every request up to it is published in full. Read it *after* the catalog snapshot is pinned.
  Lsn visible_lsn() const { return visible_lsn_.load(std::memory_order_acquire); }
  // For the sequencer's thread, after it has published everything up to `lsn`.
  void AdvanceVisible(Lsn lsn) {
    CHECK(lsn >= visible_lsn(), "BUG: rows that queries have seen would become invisible");
    visible_lsn_.store(lsn, std::memory_order_release);
  }

 private:
  friend class DropMark;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using Measurements = ByName<std::shared_ptr<LiveMeasurement>>;

  bool IsBeingDroppedLocked(const MeasurementName& name) const REQUIRES(mutex_);
  void Forget(const DropMark& mark);
  void TakeAway(const DropMark& mark);

  BufferTotals totals_;  // outlives the measurements below
  mutable Mutex mutex_;
  ByName<Measurements> databases_ GUARDED_BY(mutex_);
  std::set<MeasurementName> being_dropped_ GUARDED_BY(mutex_);  // scopes of marks
  std::uint64_t greatest_id_ GUARDED_BY(mutex_);
  std::atomic<Lsn> visible_lsn_;
};

}  // namespace arc::buffer
