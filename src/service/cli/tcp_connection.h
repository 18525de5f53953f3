// A non-blocking TCP connection to a server: connecting with a deadline, then waiting until it can
// be read or written.

#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "foundation/base/result.h"
#include "service/cli/server_url.h"

namespace arc::cli {

// Threads: one.
class TcpConnection {
 public:
  struct Readiness {
    bool can_read = false;  // Also when the other side closed or reset the connection.
    bool can_write = false;
  };
  enum class Outcome { kDone, kClosed, kBroken };
  // kDone: `bytes` were moved, perhaps 0 when the connection was not ready.
  struct Transfer {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  // Tries every address of the host. Blocks until connected, refused, or `timeout` for each.
  static Result<TcpConnection> Open(const ServerUrl& url, std::chrono::milliseconds timeout);

  TcpConnection(TcpConnection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  TcpConnection& operator=(TcpConnection&&) = delete;
  ~TcpConnection();

  // Blocks until ready, at most `timeout`: then neither flag is set.
  Readiness Wait(bool wants_write, std::chrono::milliseconds timeout);

  Transfer Receive(std::span<char> buffer);
  Transfer Send(std::span<const char> bytes);

 private:
  explicit TcpConnection(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace arc::cli
