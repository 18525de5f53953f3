// When each measurement with buffered rows must be flushed.

#pragma once

#include <cstddef>
#include <optional>

#include "data/buffer/indexed_heap.h"
#include "foundation/model/names.h"
#include "foundation/time/clock.h"

namespace arc::flush {

// Threads:  none of its own, no lock: its owner guards it.
// Cost:     O(log n) for every change; a measurement has at most one entry.
class FlushDeadlines {
 public:
  // Adds the measurement, or moves its deadline.
  void Set(MeasurementId id, Clock::SteadyTime due) { heap_.Set(id, due); }
  // Does nothing when it has none.
  void Remove(MeasurementId id) { heap_.Remove(id); }

  // Nothing when empty.
  std::optional<Clock::SteadyTime> earliest() const {
    const auto top = heap_.top();
    return top ? std::optional(top->key) : std::nullopt;
  }
  // Takes out the measurement with the earliest deadline if that is at or before `now`.
  std::optional<MeasurementId> PopDue(Clock::SteadyTime now) {
    const auto top = heap_.top();
    if (!top || top->key > now) return std::nullopt;
    heap_.Pop();
    return top->id;
  }

  std::size_t size() const { return heap_.size(); }

 private:
  buffer::IndexedHeap<Clock::SteadyTime> heap_;
};

}  // namespace arc::flush
