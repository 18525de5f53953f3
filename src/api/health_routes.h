// To watch the server: /health, /ready, /metrics, /ping.

#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made.
// Threads:  handlers run on the I/O threads and never block.
class HealthRoutes {
 public:
  // What is wrong just now, one sentence each, for people; empty when all is well.
  using Problems = std::function<std::vector<std::string>()>;

  HealthRoutes(const Clock& clock, const Metrics& metrics, Problems problems);

  std::vector<http::Route> Routes();

  // From then on /ready answers 503 with this reason. For the shutdown.
  void SetNotReady() { is_ready_ = false; }

 private:
  double UptimeSeconds() const;
  http::Response Health() const;
  http::Response Ready() const;

  const Clock& clock_;
  const Metrics& metrics_;
  const Problems problems_;
  const Clock::SteadyTime started_;
  std::atomic<bool> is_ready_{true};
};

}  // namespace arc::api
