// The way of an answer from a handler's thread to the connection. Internal.

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "foundation/base/mutex.h"
#include "service/http/message.h"
#include "service/http/notifier.h"

namespace arc::http {

// Shared by one request's Responder and its connection, because either may go first.
class PendingAnswer {
 public:
  explicit PendingAnswer(std::shared_ptr<Notifier> notifier) : notifier_(std::move(notifier)) {}

  // From any thread, once. Dropped when the connection has abandoned it.
  void Deliver(Response response);

  // From any thread, instead of Deliver: nobody is left who could. 500, unless somebody knows why.
  void Drop() noexcept;
  // On the connection's thread, before it waits: answers for a handler that an exception ended
  // before it could. Does nothing when it has answered, or can still.
  void DeliverIfDropped(Response response);

  // From any thread: `call` runs once when the connection finds that nobody will read the answer
  // any more: on its thread, or at once if it has found that already. Not after Deliver.
  void OnClientGone(std::function<void()> call);

  // On the connection's thread: the answer, if it is there. Otherwise the connection is notified
  // once it is.
  std::optional<Response> TakeOrAwait();

  // On the connection's thread: whether somebody wants to know that the client has gone.
  bool IsClientWatched();

  // On the connection's thread: the client has gone, or the connection has to.
  void Abandon();

 private:
  const std::shared_ptr<Notifier> notifier_;
  Mutex mutex_;
  bool is_awaited_ GUARDED_BY(mutex_) = false;
  bool is_dropped_ GUARDED_BY(mutex_) = false;  // until the answer for it is given
  bool is_abandoned_ GUARDED_BY(mutex_) = false;
  std::optional<Response> response_ GUARDED_BY(mutex_);
  std::function<void()> on_client_gone_ GUARDED_BY(mutex_);
};

}  // namespace arc::http
