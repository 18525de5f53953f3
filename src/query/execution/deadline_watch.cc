#include "query/execution/deadline_watch.h"

#include "foundation/base/exception_error.h"

namespace arc::execution {

DeadlineWatch::DeadlineWatch() : thread_("deadlines", [this] { Loop(); }) {}

DeadlineWatch::~DeadlineWatch() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

// Callbacks run under the lock, because they only set flags. So the destructor of a Guard, which
// takes the lock, waits for its own callback.
void DeadlineWatch::Loop() {
  MutexLock lock(mutex_);
  while (!is_closed_) {
    if (deadlines_.empty()) {
      changed_.Wait(lock);
      continue;
    }
    const auto earliest = deadlines_.begin();
    const auto deadline = earliest->first.first;
    if (std::chrono::steady_clock::now() < deadline) {
      changed_.WaitUntil(lock, deadline);
      continue;
    }
    const auto on_deadline = std::move(earliest->second);
    deadlines_.erase(earliest);
    try {
      on_deadline();
    } catch (...) {
      LogExceptionOf("deadlines", "could not tell a query that its time is up");
    }
  }
}

DeadlineWatch::Guard::Guard(DeadlineWatch& watch, Clock::SteadyTime deadline,
                            std::function<void()> on_deadline)
    : watch_(watch) {
  MutexLock lock(watch_.mutex_);
  key_ = {deadline, watch_.next_number_++};
  watch_.deadlines_.emplace(key_, std::move(on_deadline));
  if (watch_.deadlines_.begin()->first == key_) watch_.changed_.NotifyAll();
}

DeadlineWatch::Guard::~Guard() {
  MutexLock lock(watch_.mutex_);
  watch_.deadlines_.erase(key_);
}

}  // namespace arc::execution
