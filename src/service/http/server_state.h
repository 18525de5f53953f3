// What all connections of a server share.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "access/auth/authenticator.h"
#include "foundation/base/metrics.h"
#include "foundation/fs/file_system.h"
#include "service/http/body_budget.h"
#include "service/http/in_progress.h"
#include "service/http/router.h"
#include "service/http/server.h"

namespace arc::http {

// Threads: used from all I/O threads. Outlives every connection.
struct ServerState {
  ServerState(ServerOptions with_options, Router with_starting_router,
              const auth::Authenticator& with_authenticator, Metrics& metrics,
              fs::FileSystem& with_file_system);

  // What answers requests just now.
  const Router& router() const { return *current_router.load(std::memory_order_acquire); }
  bool is_starting() const { return current_router.load() == &starting_router; }

  // Constant after construction.
  const ServerOptions options;
  const Router starting_router;
  const auth::Authenticator& authenticator;
  fs::FileSystem& file_system;

  // Set once by the owner's thread, before current_router points to it.
  Router full_router;

  // Safe from any thread by themselves.
  std::atomic<const Router*> current_router{&starting_router};
  Counter& request_count;
  Counter& success_count;
  Counter& error_count;
  Counter& handshake_failure_count;
  Histogram& latency;
  const std::shared_ptr<BodyBudget> body_budget;
  InProgress in_progress;
  std::atomic<std::size_t> connection_count{0};
  std::atomic<std::uint64_t> spool_count{0};
  std::atomic<bool> is_draining{false};
};

}  // namespace arc::http
