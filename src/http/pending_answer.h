// The way of an answer from a handler's thread to the connection. Internal: includes Asio.

#pragma once

#include <memory>
#include <optional>

#include <boost/asio/steady_timer.hpp>

#include "base/mutex.h"
#include "http/message.h"

namespace arc::http {

// Shared by one request's Responder and its connection, because either may go first.
// The connection waits on its `signal` timer, which is cancelled when the answer has come.
class PendingAnswer : public std::enable_shared_from_this<PendingAnswer> {
 public:
  using Signal = boost::asio::steady_timer;

  // `signal` must stay until Abandon.
  explicit PendingAnswer(Signal& signal) : signal_(&signal) {}

  // From any thread, once. Dropped when the connection has abandoned it.
  void Deliver(Response response);

  // On the connection's thread: the answer, if it is there. Otherwise the signal will be cancelled
  // once it is.
  std::optional<Response> TakeOrAwait();

  // On the connection's thread: after this the signal is not touched any more.
  void Abandon();

 private:
  void Wake();

  Mutex mutex_;
  Signal* signal_ GUARDED_BY(mutex_);
  bool is_awaited_ GUARDED_BY(mutex_) = false;
  std::optional<Response> response_ GUARDED_BY(mutex_);
};

}  // namespace arc::http
