#include "service/http/server_state.h"

namespace arc::http {

ServerState::ServerState(ServerOptions with_options, Router with_starting_router,
                         const auth::Authenticator& with_authenticator, Metrics& metrics,
                         fs::FileSystem& with_file_system)
    : options(std::move(with_options)),
      starting_router(std::move(with_starting_router)),
      authenticator(with_authenticator),
      file_system(with_file_system),
      request_count(metrics.AddCounter("arc_http_requests_total", "HTTP requests answered")),
      success_count(metrics.AddCounter("arc_http_requests_success_total",
                                       "HTTP requests answered with a status below 400")),
      error_count(metrics.AddCounter("arc_http_requests_error_total",
                                     "HTTP requests answered with a status of 400 or above")),
      handshake_failure_count(metrics.AddCounter(
          "arc_tls_handshake_failures_total", "Connections that ended before TLS was agreed upon")),
      latency(metrics.AddHistogram("arc_http_latency_seconds",
                                   "From a request's first byte to its answer")),
      body_budget(std::make_shared<BodyBudget>(options.inflight_body_bytes_max)) {}

}  // namespace arc::http
