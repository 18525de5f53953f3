// The changes that wait for the committer thread.

#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "data/catalog/change.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"

namespace arc::catalog {

// Threads: any. Limits: entries_max entries; past that Push() refuses.
class CommitQueue {
 public:
  struct Entry {
    Change change;
    std::function<void(Result<void>)> completion;
  };

  explicit CommitQueue(std::size_t entries_max) : entries_max_(entries_max) {}

  // Takes the entry, or leaves it untouched and fails: kOverloaded when full, kCancelled after
  // Close().
  Result<void> Push(Entry& entry) {
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
  // Waits until there is something; at most `count_max` entries, oldest first. None when the queue
  // is closed and empty.
  std::vector<Entry> TakeGroup(std::size_t count_max) {
    MutexLock lock(mutex_);
    while (entries_.empty() && !is_closed_) changed_.Wait(lock);
    const auto count = static_cast<std::ptrdiff_t>(std::min(entries_.size(), count_max));
    const auto end = entries_.begin() + count;
    std::vector<Entry> group(std::make_move_iterator(entries_.begin()),
                             std::make_move_iterator(end));
    entries_.erase(entries_.begin(), end);
    return group;
  }
  // Lets no more in. What is inside can still be taken.
  void Close() {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }

 private:
  const std::size_t entries_max_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Entry> entries_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace arc::catalog
