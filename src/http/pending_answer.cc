#include "http/pending_answer.h"

#include <boost/asio/post.hpp>

namespace arc::http {

void PendingAnswer::Deliver(Response response) {
  MutexLock lock(mutex_);
  if (signal_ == nullptr) return;
  response_ = std::move(response);
  // Under the lock, because the connection's executor exists only while the signal does. Posting
  // queues the call, it does not run it.
  if (is_awaited_) {
    boost::asio::post(signal_->get_executor(), [self = shared_from_this()] { self->Wake(); });
  }
}

std::optional<Response> PendingAnswer::TakeOrAwait() {
  MutexLock lock(mutex_);
  is_awaited_ = !response_.has_value();
  return std::exchange(response_, std::nullopt);
}

void PendingAnswer::Abandon() {
  MutexLock lock(mutex_);
  signal_ = nullptr;
}

void PendingAnswer::Wake() {
  MutexLock lock(mutex_);
  if (signal_ != nullptr) signal_->cancel();
}

}  // namespace arc::http
