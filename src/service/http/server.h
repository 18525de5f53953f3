// The HTTP server: sockets and limits in, requests out to the handlers of its routes.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/auth/authenticator.h"
#include "access/auth/request_limits.h"
#include "foundation/base/metrics.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/tls/certificate_files.h"
#include "service/http/origin.h"
#include "service/http/route.h"

namespace arc::http {

// What is known of a request once it is answered. The views live for the call.
struct AnsweredRequest {
  std::string_view method;
  std::string_view pattern;  // of its route; empty when it was refused before or has none
  std::string_view path;     // as sent, without the query string
  std::string_view actor;    // the principal's name; empty when it is not known
  std::string_view subject;  // what it is about: ServerOptions::subject_of, Response::subject
  std::string_view client_address;
  std::string_view user_agent;
  int status = 0;
  std::chrono::microseconds duration{};
  std::string_view error;  // of the answer's body
};

struct ServerOptions {
  std::string host;           // empty: every address, IPv4 and IPv6
  std::uint16_t port = 8000;  // 0: any free port
  std::size_t io_thread_count = 2;

  std::size_t header_bytes_max = 64 << 10;                // request line included; past it, 431
  std::uint64_t body_bytes_max = std::uint64_t{1} << 30;  // BodyMode::kMemory; past it, 413
  std::uint64_t spooled_body_bytes_max = 500 << 20;       // BodyMode::kSpool; past it, 413
  std::uint64_t inflight_body_bytes_max = std::uint64_t{2} << 30;  // all in memory; past it, 503
  std::size_t connection_count_max = 10'000;                       // past it, 503 and close

  // A TLS handshake and a header must be complete, and a body must bring a byte, in this time; past
  // it, 408 (after a handshake, close).
  std::chrono::milliseconds read_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};  // for the client to take a byte; past it, close
  std::chrono::milliseconds idle_timeout{120'000};  // between requests; past it, close

  // Both outlive the server. Null: no TLS, no limits.
  const tls::CertificateFiles* certificate = nullptr;
  auth::RequestLimits* limits = nullptr;
  // Told of every request before its answer is sent, on the connection's thread; must not block.
  std::function<void(const AnsweredRequest&)> on_answer{};
  // What a request is about, for on_answer: whoever writes the routes knows. Valid as long as the
  // request.
  std::function<std::string_view(const Request&, const Route&)> subject_of{};

  OriginRules origins{};

  // Where bodies of BodyMode::kSpool go. Created, and emptied of our files, at start; belongs to
  // this server alone.
  std::string spool_directory;
};

// Lifetime: built after, and destroyed before, everything its handlers use.
// Threads:  io_thread_count threads "http-N" run the connections, each on one of them for life, and
//           call the handlers. The functions below belong to the owner's thread, never to a
//           handler.
// Limits:   ServerOptions. Timeouts may fire late by a quarter, by one second at most.
class Server {
 public:
  // Listens, and serves the routes given at once; everything else is answered 503 until Serve().
  // Fails with kInvalidInput on options that contradict each other, on two routes for the same
  // requests, and on an address where it cannot listen.
  static Result<std::unique_ptr<Server>> Start(ServerOptions options,
                                               std::vector<Route> starting_routes,
                                               const auth::Authenticator& authenticator,
                                               Metrics& metrics, fs::FileSystem& file_system);

  // From then on serves these routes, all there are. Once. Fails as Start does.
  Result<void> Serve(std::vector<Route> routes);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stops, if Stop() has not been called

  std::uint16_t port() const;

  // The first step of a shutdown. When it returns, no new connection is accepted; idle ones are
  // being closed, the others close after the answer they owe.
  void StopAccepting();
  // Waits until every request whose header had arrived is answered; false when the deadline comes
  // first.
  bool Drain(std::chrono::milliseconds deadline);
  // Cuts off what is left and joins the threads. Answers that come later are dropped.
  void Stop();

 private:
  struct Parts;

  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace arc::http
