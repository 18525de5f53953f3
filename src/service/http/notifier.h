// Wakes a connection's coroutine from another thread. Internal: includes Asio.

#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/steady_timer.hpp>

#include "foundation/base/mutex.h"

namespace arc::http {

// Shared by a connection and whoever has something for it, because either may go first.
//
// The connection looks whether something is there and, when nothing is, waits on the timer without
// returning to its loop in between. So a notification after it has looked is never missed; one
// that comes while it does something else is lost, and must not be needed.
class Notifier : public std::enable_shared_from_this<Notifier> {
 public:
  // `timer` must stay until Remove.
  explicit Notifier(boost::asio::steady_timer& timer) : timer_(&timer) {}

  // From any thread; does not wait. Without memory to post it, it is noticed by NotifyIfMissed.
  void Notify() noexcept;
  // On the connection's thread, every second or so.
  void NotifyIfMissed();
  // On the connection's thread: after this the timer is not touched any more.
  void Remove();

 private:
  Mutex mutex_;
  boost::asio::steady_timer* timer_ GUARDED_BY(mutex_);
  std::atomic<bool> is_missed_{false};
};

}  // namespace arc::http
