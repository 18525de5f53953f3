// The one way to answer a request.

#pragma once

#include <functional>

#include "service/http/message.h"

namespace arc::http {

// Belongs to one request. Whoever holds it owes the client an answer; destroyed without Send, it
// answers 500 itself, which the log shows as a defect of the handler.
//
// Threads:  Send may be called from any thread, once.
// Lifetime: may outlive the connection and the server; the answer is dropped then.
class Responder {
 public:
  using Deliver = std::function<void(Response)>;
  using WatchClient = std::function<void(std::function<void()>)>;

  using Dropped = std::function<void()>;

  // `deliver`, or `dropped` when that is given and nothing was sent, is called exactly once, on the
  // thread that sends or destroys; `dropped` must not throw. The server passes the ways to the
  // connection; a test of a handler may pass its own.
  explicit Responder(Deliver deliver, WatchClient watch_client = nullptr, Dropped dropped = nullptr)
      : deliver_(std::move(deliver)),
        watch_client_(std::move(watch_client)),
        dropped_(std::move(dropped)) {}
  Responder(Responder&& other) noexcept
      : deliver_(std::exchange(other.deliver_, nullptr)),
        watch_client_(std::exchange(other.watch_client_, nullptr)),
        dropped_(std::exchange(other.dropped_, nullptr)) {}
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  // Requires: not called before. A response with a stream is sent from then on as it is made.
  void Send(Response response);

  // `call` runs once when the client goes away before it has its answer: on an I/O thread, or
  // before this returns; it must not block. Not after Send: a stream tells its producer itself.
  // Requires: called by the handler, on its thread.
  void OnClientGone(std::function<void()> call);

 private:
  Deliver deliver_;  // empty once used or moved away
  WatchClient watch_client_;
  Dropped dropped_;
};

// For a request that nobody has answered.
Response DroppedAnswer();

}  // namespace arc::http
