#include "data/catalog/commit_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace arc::catalog {

Result<void> CommitQueue::Push(Entry& entry) {
  MutexLock lock(mutex_);
  if (is_closed_) return Error{ErrorCode::kCancelled, "the catalog is closed"};
  if (entries_.size() >= entries_max_) {
    return Error{ErrorCode::kOverloaded, "too many changes wait for the catalog: retry later",
                 std::to_string(entries_max_) + " changes wait"};
  }
  entries_.push_back(std::move(entry));
  changed_.NotifyOne();
  return {};
}

std::vector<CommitQueue::Entry> CommitQueue::TakeGroup(std::size_t count_max) {
  MutexLock lock(mutex_);
  while (entries_.empty() && !is_closed_) changed_.Wait(lock);
  const auto count = static_cast<std::ptrdiff_t>(std::min(entries_.size(), count_max));
  const auto end = entries_.begin() + count;
  std::vector<Entry> group(std::make_move_iterator(entries_.begin()), std::make_move_iterator(end));
  entries_.erase(entries_.begin(), end);
  return group;
}

void CommitQueue::Close() {
  MutexLock lock(mutex_);
  is_closed_ = true;
  changed_.NotifyAll();
}

}  // namespace arc::catalog
