// When each measurement with buffered rows must be flushed: a binary min-heap that knows where each
// measurement is, so that a deadline can be moved or taken back.

#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/names.h"

namespace arc::buffer {

// Threads:  none of its own, no lock: its owner guards it.
// Cost:     O(log n) for every change; a measurement has at most one entry.
class FlushDeadlines {
 public:
  // Adds the measurement, or moves its deadline.
  void Set(MeasurementId id, Clock::SteadyTime due);
  // Does nothing when it has none.
  void Remove(MeasurementId id);

  // Nothing when empty.
  std::optional<Clock::SteadyTime> earliest() const;
  // Takes out the measurement with the earliest deadline if that is at or before `now`.
  std::optional<MeasurementId> PopDue(Clock::SteadyTime now);

  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Clock::SteadyTime due;
    MeasurementId id;
  };

  void Place(std::size_t index, const Entry& entry);
  void MoveUp(std::size_t index, const Entry& entry);
  void MoveDown(std::size_t index, const Entry& entry);
  // Puts `entry`, which may be due before or after what was there, at `index` and lets it find its
  // level.
  void Settle(std::size_t index, const Entry& entry);
  void RemoveAt(std::size_t index);

  std::vector<Entry> heap_;  // no entry is due before heap_[(i - 1) / 2], its parent
  std::unordered_map<MeasurementId, std::size_t> index_of_;
};

}  // namespace arc::buffer
