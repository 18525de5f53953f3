// To watch the server: /health, /ready, /metrics, /ping.

#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "foundation/base/metrics.h"
#include "foundation/time/clock.h"
#include "service/api/json_answer.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made.
// Threads:  handlers run on the I/O threads and never block.
class HealthRoutes {
 public:
  // What is wrong just now, one sentence each, for people; empty when all is well.
  using Problems = std::function<std::vector<std::string>()>;

  // Further members of /health.
  using Details = std::function<json::object()>;

  HealthRoutes(const Clock& clock, const Metrics& metrics, Problems problems, Details details = {});

  std::vector<http::Route> Routes();

  // Until then /ready answers 503: the server is starting.
  void SetReady() { not_ready_reason_ = nullptr; }
  // From then on /ready answers 503 with this reason, a literal.
  void SetNotReady(const char* reason) { not_ready_reason_ = reason; }

 private:
  double UptimeSeconds() const;
  http::Response Health() const;
  http::Response Ready() const;

  const Clock& clock_;
  const Metrics& metrics_;
  const Problems problems_;
  const Details details_;
  const Clock::SteadyTime started_;
  std::atomic<const char*> not_ready_reason_{"starting"};  // null: ready
};

}  // namespace arc::api
