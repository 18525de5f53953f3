#include "service/server/exit_deadline.h"

#include <cstdlib>

#include "foundation/base/log.h"

namespace arc::server {
namespace {

constexpr std::size_t kStackBytes = std::size_t{1} << 20;

}  // namespace

ExitDeadline::ExitDeadline(std::chrono::milliseconds timeout)
    : thread_("exit-deadline", kStackBytes, [this, timeout] { Watch(timeout); }) {}

ExitDeadline::~ExitDeadline() {
  {
    MutexLock lock(mutex_);
    is_over_ = true;
    over_changed_.NotifyAll();
  }
  thread_.Join();
}

void ExitDeadline::Watch(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  while (!is_over_) {
    if (over_changed_.WaitUntil(lock, deadline) != std::cv_status::timeout) continue;
    if (is_over_) return;
    LogError(
        "stop: not done after {} ms (server.shutdown_timeout and a second): the process ends; "
        "what was acknowledged is in the write-ahead log",
        timeout.count());
    std::_Exit(EXIT_FAILURE);
  }
}

}  // namespace arc::server
