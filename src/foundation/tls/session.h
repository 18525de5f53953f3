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

// After each call there may be bytes in unsent(), also after one that has failed: an alert that
// tells the other side why.
//
// Threads: one at a time.
// Memory:  what was received and is not read yet, what is not sent yet, and about 35 KiB during an
//          exchange, which go when the connection is idle.
class Session {
 public:
  enum class Outcome {
    kDone,
    kWantsBytes,  // nothing more is possible before the other side sends more
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

  // Bytes as they have come.
  void Receive(std::string_view bytes);
  // Bytes to be sent as they are, and that so many of them were.
  std::string_view unsent() const { return wire_.unsent.front(); }
  void Sent(std::size_t byte_count) { wire_.unsent.Take(byte_count); }

  // First of all, until it is kDone.
  Outcome Handshake();
  // Fills `target` as far as there are bytes; kDone with at least one.
  Transfer Read(std::span<char> target);
  // Whether Read would bring a byte; none is taken.
  Outcome Peek();
  // Encrypts all of `bytes`.
  Outcome Write(std::string_view bytes);
  // Tells the other side that nothing more comes.
  void Close();

  const std::string& failure() const { return failure_; }
  // What came first is not TLS, but a method of HTTP or the beginning of one.
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
