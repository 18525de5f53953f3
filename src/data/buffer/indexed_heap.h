// A binary min-heap of measurements by some key, which knows where each measurement is, so that a
// key can be changed or taken back.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "foundation/model/names.h"

namespace arc::buffer {

// Threads:  none of its own, no lock: its owner guards it.
// Cost:     O(log n) for every change; a measurement has at most one entry.
template <class Key, class Less = std::less<Key>>
class IndexedHeap {
 public:
  struct Entry {
    Key key;
    MeasurementId id;
  };

  // Adds the measurement, or changes its key.
  void Set(MeasurementId id, const Key& key) {
    auto position = index_of_.find(id);
    if (position == index_of_.end()) position = Append({key, id});
    Settle(position->second, {key, id});
  }
  // Does nothing when it has none.
  void Remove(MeasurementId id) {
    const auto position = index_of_.find(id);
    if (position != index_of_.end()) RemoveAt(position->second);
  }

  // The measurement with the smallest key; nothing when empty.
  std::optional<Entry> top() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front();
  }
  // Requires: not empty.
  void Pop() { RemoveAt(0); }

  std::size_t size() const { return heap_.size(); }

 private:
  using Positions = std::unordered_map<MeasurementId, std::size_t>;

  // Either both know of it or, when memory runs out, none.
  typename Positions::iterator Append(const Entry& entry) {
    heap_.push_back(entry);
    try {
      return index_of_.emplace(entry.id, heap_.size() - 1).first;
    } catch (...) {
      heap_.pop_back();
      throw;
    }
  }
  static bool IsBefore(const Entry& a, const Entry& b) { return Less()(a.key, b.key); }

  void Place(std::size_t index, const Entry& entry) {
    heap_[index] = entry;
    index_of_.find(entry.id)->second = index;
  }
  void MoveUp(std::size_t index, const Entry& entry) {
    while (index > 0 && IsBefore(entry, heap_[(index - 1) / 2])) {
      Place(index, heap_[(index - 1) / 2]);
      index = (index - 1) / 2;
    }
    Place(index, entry);
  }
  void MoveDown(std::size_t index, const Entry& entry) {
    while (true) {
      auto child = 2 * index + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && IsBefore(heap_[child + 1], heap_[child])) child++;
      if (!IsBefore(heap_[child], entry)) break;
      Place(index, heap_[child]);
      index = child;
    }
    Place(index, entry);
  }
  // Puts `entry`, which may belong before or after what was there, at `index` and lets it find its
  // level.
  void Settle(std::size_t index, const Entry& entry) {
    if (index > 0 && IsBefore(entry, heap_[(index - 1) / 2])) {
      MoveUp(index, entry);
    } else {
      MoveDown(index, entry);
    }
  }
  void RemoveAt(std::size_t index) {
    index_of_.erase(heap_[index].id);
    const auto last = heap_.back();
    heap_.pop_back();
    if (index < heap_.size()) Settle(index, last);
  }

  std::vector<Entry> heap_;  // no entry is before heap_[(i - 1) / 2], its parent
  std::unordered_map<MeasurementId, std::size_t> index_of_;
};

}  // namespace arc::buffer
