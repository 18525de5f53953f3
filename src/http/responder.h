// The one way to answer a request.

#pragma once

#include <functional>

#include "http/message.h"

namespace arc::http {

// Belongs to one request. Whoever holds it owes the client an answer; destroyed without Send, it
// answers 500 itself, which the log shows as a defect of the handler.
//
// Threads:  Send may be called from any thread, once.
// Lifetime: may outlive the connection and the server; the answer is dropped then.
class Responder {
 public:
  using Deliver = std::function<void(Response)>;

  // `deliver` is called exactly once, on the thread that sends or destroys. The server passes the
  // way to the connection; a test of a handler may pass its own.
  explicit Responder(Deliver deliver) : deliver_(std::move(deliver)) {}
  Responder(Responder&& other) noexcept : deliver_(std::exchange(other.deliver_, nullptr)) {}
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  // Requires: not called before.
  void Send(Response response);

 private:
  Deliver deliver_;  // empty once used or moved away
};

}  // namespace arc::http
