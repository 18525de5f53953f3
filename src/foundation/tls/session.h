// One TLS connection without a socket: bytes of the other side go in, bytes for it come out.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "foundation/tls/context.h"
#include "foundation/tls/wire.h"

using SSL = struct ssl_st;

namespace arc::tls {

// After each call there may be bytes in unsent(). Send them even after a call that failed: they
// hold the alert that tells the other side why.
//
// Threads: one at a time.
// Memory:  what was received and is not read yet, what is not sent yet, and about 35 KiB during an
//          exchange, which are freed when the connection is idle.
class Session {
 public:
  enum class Outcome {
    kDone,
    kWantsBytes,  // the other side must send more first
    kClosed,      // the other side has said that nothing more comes
    kFailed,      // the connection is over: failure() says why
  };
  struct Transfer {
    Outcome outcome;
    std::size_t byte_count = 0;
  };

  // The server's end.
  explicit Session(std::shared_ptr<const Context> context);
  // The client's end: the other side must prove that it is `host`, a name or an address.
  Session(std::shared_ptr<const Context> context, const std::string& host);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes bytes as they came from the socket.
  void Receive(std::string_view bytes);
  // The bytes to send as they are; Sent() says how many of them were sent.
  std::string_view unsent() const { return wire_.unsent.front(); }
  void Sent(std::size_t byte_count) { wire_.unsent.Take(byte_count); }

  // Call it first, again and again until it returns kDone.
  Outcome Handshake();
  // Fills `target` as far as there are bytes. kDone means at least one byte.
  Transfer Read(std::span<char> target);
  // kDone when Read would bring a byte; the byte is not taken.
  Outcome Peek();
  // Encrypts all of `bytes`.
  Outcome Write(std::string_view bytes);
  // Tells the other side that nothing more comes.
  void Close();

  const std::string& failure() const { return failure_; }
  // Whether the first bytes are not TLS but a method of HTTP, or the beginning of one.
  bool got_plain_http() const;

 private:
  struct Free {
    void operator()(SSL* session) const;
  };

  Outcome OutcomeOf(int returned);

  const std::shared_ptr<const Context> context_;
  Wire wire_;
  const std::unique_ptr<SSL, Free> session_;
  std::string failure_;
  std::string first_bytes_;
};

}  // namespace arc::tls
