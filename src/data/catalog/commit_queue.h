// The changes that wait for the committer thread.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "data/catalog/work.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"

namespace arc::catalog {

// Threads: any. Limits: entries_max entries; past that Push() refuses.
class CommitQueue {
 public:
  struct Entry {
    Work work;
    std::function<void(Result<void>)> completion;
  };

  explicit CommitQueue(std::size_t entries_max) : entries_max_(entries_max) {}

  // Takes the entry, or leaves it untouched and fails: kOverloaded when full, kCancelled after
  // Close().
  Result<void> Push(Entry& entry);
  // Waits until there is something; at most `count_max` entries, oldest first. None when the queue
  // is closed and empty.
  std::vector<Entry> TakeGroup(std::size_t count_max);
  // Lets no more in. What is inside can still be taken.
  void Close();

 private:
  const std::size_t entries_max_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Entry> entries_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace arc::catalog
