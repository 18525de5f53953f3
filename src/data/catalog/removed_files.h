// The files that the catalog has removed from its lists and that are still on disk: who may still
// read them, and when they may be unlinked.
//
// Time is cut into epochs. One ends whenever a transaction removes files, and these are the files
// of that epoch. Every snapshot holds the pin of the epoch in which it was made. When nobody holds
// the pin of an epoch or of one before it, no snapshot is left that shows its files: they are
// released. A long query so holds up all that is removed after it began, and never a commit.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "foundation/base/mutex.h"

namespace arc::catalog {

// Lifetime: shared by the catalog and the pins, so that snapshots may outlive the catalog.
// Threads:  any. A pin may be released anywhere: that takes one lock, and touches no disk.
class RemovedFiles : public std::enable_shared_from_this<RemovedFiles> {
 public:
  using Pin = std::shared_ptr<const void>;

  // `left_over`, the files that an earlier run has removed, are released already.
  static std::shared_ptr<RemovedFiles> Make(std::vector<std::string> left_over);

  // Ends the epoch with these files, which the snapshots made so far may show; returns the pin for
  // those made from now on. The first call begins the first epoch. One thread at a time.
  Pin Advance(std::vector<std::string> paths);
  // The paths of `paths` that are not known here yet.
  std::vector<std::string> UnknownOf(const std::vector<std::string>& paths) const;
  // The files are gone from disk and from the catalog.
  void Forget(const std::vector<std::string>& paths);

  // All that are not forgotten, in no order.
  std::vector<std::string> All() const;
  // Waits until there are released files, which it hands out once, until `until`, or until
  // StopTaking(); the last two give none.
  std::vector<std::string> TakeReleased(
      std::optional<std::chrono::steady_clock::time_point> until = std::nullopt);
  void StopTaking();
  bool is_stopped() const;

 private:
  struct Epoch {
    bool is_unpinned = false;
    std::vector<std::string> paths;
  };

  RemovedFiles() = default;
  void Unpin(std::uint64_t number);
  void ReleaseLocked() REQUIRES(mutex_);

  mutable Mutex mutex_;
  Condition changed_;
  std::uint64_t first_number_ GUARDED_BY(mutex_) = 0;  // of epochs_.front()
  std::deque<Epoch> epochs_ GUARDED_BY(mutex_);        // the last one is the present
  std::vector<std::string> released_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> known_ GUARDED_BY(mutex_);
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace arc::catalog
