#include "buffer/flush_deadlines.h"

namespace arc::buffer {

void FlushDeadlines::Set(MeasurementId id, Clock::SteadyTime due) {
  const auto [position, is_new] = index_of_.emplace(id, heap_.size());
  if (is_new) heap_.push_back({due, id});
  Settle(position->second, {due, id});
}

void FlushDeadlines::Remove(MeasurementId id) {
  const auto position = index_of_.find(id);
  if (position != index_of_.end()) RemoveAt(position->second);
}

std::optional<Clock::SteadyTime> FlushDeadlines::earliest() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

std::optional<MeasurementId> FlushDeadlines::PopDue(Clock::SteadyTime now) {
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  const auto id = heap_.front().id;
  RemoveAt(0);
  return id;
}

void FlushDeadlines::Place(std::size_t index, const Entry& entry) {
  heap_[index] = entry;
  index_of_[entry.id] = index;
}

void FlushDeadlines::MoveUp(std::size_t index, const Entry& entry) {
  while (index > 0 && entry.due < heap_[(index - 1) / 2].due) {
    Place(index, heap_[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  Place(index, entry);
}

void FlushDeadlines::MoveDown(std::size_t index, const Entry& entry) {
  while (true) {
    auto child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) child++;
    if (heap_[child].due >= entry.due) break;
    Place(index, heap_[child]);
    index = child;
  }
  Place(index, entry);
}

void FlushDeadlines::Settle(std::size_t index, const Entry& entry) {
  if (index > 0 && entry.due < heap_[(index - 1) / 2].due) {
    MoveUp(index, entry);
  } else {
    MoveDown(index, entry);
  }
}

void FlushDeadlines::RemoveAt(std::size_t index) {
  index_of_.erase(heap_[index].id);
  const auto last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) Settle(index, last);
}

}  // namespace arc::buffer
