// The last word on how long a stop may take.

#pragma once

#include <chrono>

#include "foundation/base/mutex.h"
#include "foundation/base/thread.h"

namespace arc::server {

// Ends the process, with exit code 1, when this still lives after `timeout`: something did not
// stop. Acknowledged rows are in the write-ahead log, so none is lost; the next start reads
// them back.
//
// Threads: of its owner; one of its own, `exit-deadline`.
class ExitDeadline {
 public:
  explicit ExitDeadline(std::chrono::milliseconds timeout);
  ExitDeadline(const ExitDeadline&) = delete;
  ExitDeadline& operator=(const ExitDeadline&) = delete;
  ~ExitDeadline();

 private:
  void Watch(std::chrono::milliseconds timeout);

  Mutex mutex_;
  Condition over_changed_;
  bool is_over_ GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace arc::server
