// The whole server: builds every part in the order the data flows, wires them, and takes them down
// in the opposite order. No logic of its own.

#pragma once

#include <cstdint>
#include <memory>

#include "foundation/base/result.h"
#include "service/config/config.h"

namespace arc::server {

// Lifetime: one a process and data directory.
// Threads:  Start and Stop belong to the owner's thread.
class Server {
 public:
  // Serves when it returns. Fails with what any part fails to start with; everything already
  // started is taken down again.
  static Result<std::unique_ptr<Server>> Start(const config::Config& config);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  std::uint16_t port() const;

  // Reads again what may have changed on disk: the TLS certificate and its key. What cannot be read
  // is logged and counted, and what was there before stays.
  void Reload();

  // Stops accepting, finishes what was begun, flushes what is buffered, all within
  // server.shutdown_timeout, and closes the data directory. Fails when rows could not be flushed.
  // A second after the timeout it ends the process (ExitDeadline).
  Result<void> Stop();
  // After Stop: threads are inside queries that do not stop, and use what this owns. It must not be
  // destroyed then: the process ends without (std::_Exit).
  bool has_lost_threads() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace arc::server
