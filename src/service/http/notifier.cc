#include "service/http/notifier.h"

#include <boost/asio/post.hpp>

namespace arc::http {

void Notifier::Notify() noexcept {
  MutexLock lock(mutex_);
  if (timer_ == nullptr) return;
  // Under the lock, because the executor exists only while the timer does. Posting queues the call,
  // it does not run it.
  try {
    boost::asio::post(timer_->get_executor(), [self = shared_from_this()] {
      MutexLock inner_lock(self->mutex_);
      if (self->timer_ != nullptr) self->timer_->cancel();
    });
  } catch (...) {
    is_missed_ = true;
  }
}

void Notifier::NotifyIfMissed() {
  if (!is_missed_.exchange(false)) return;
  MutexLock lock(mutex_);
  if (timer_ != nullptr) timer_->cancel();
}

void Notifier::Remove() {
  MutexLock lock(mutex_);
  timer_ = nullptr;
}

}  // namespace arc::http
