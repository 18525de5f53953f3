#include "service/http/server.h"

#include <fmt/format.h>

#include <deque>
#include <future>
#include <optional>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"
#include "service/http/io_loop.h"
#include "service/http/server_state.h"

namespace arc::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Connections past the limit that may wait for their 503 at the same time; more are just closed.
constexpr std::size_t kRefusedCountMax = 64;

// How long to wait when the process is out of file descriptors.
constexpr std::chrono::milliseconds kAcceptRetryTime{100};

// How long when it is out of memory: a timer would need some. The thread serves connections, too.
constexpr std::chrono::milliseconds kNoMemoryTime{10};

Result<void> CheckOptions(const ServerOptions& options) {
  const auto refuse = [](const char* message) { return Error{ErrorCode::kInvalidInput, message}; };
  if (options.io_thread_count == 0) return refuse("http: at least one I/O thread is needed");
  if (options.body_bytes_max > options.inflight_body_bytes_max) {
    return refuse("http: the limit of one body is above the limit of all bodies in memory");
  }
  if (options.header_bytes_max > UINT32_MAX) return refuse("http: header limit too large");
  return {};
}

Result<tcp::endpoint> Resolve(asio::io_context& context, const std::string& host,
                              std::uint16_t port) {
  error_code error;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (!error && !found.empty()) return found.begin()->endpoint();
  return Error{ErrorCode::kInvalidInput,
               fmt::format("http: cannot find the address {}: {}", host, error.message())};
}

Result<void> Listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  const auto attempt = [&error](auto&& operation) {
    if (!error) operation();
  };
  attempt([&] { acceptor.open(endpoint.protocol(), error); });
  attempt([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), error); });
  if (endpoint.address().is_v6()) {
    attempt([&] { acceptor.set_option(asio::ip::v6_only(false), error); });
  }
  attempt([&] { acceptor.bind(endpoint, error); });
  attempt([&] { acceptor.listen(asio::socket_base::max_listen_connections, error); });
  if (!error) return {};
  error_code ignored;
  acceptor.close(ignored);
  return Error{ErrorCode::kInvalidInput,
               fmt::format("http: cannot listen on {} port {}: {}", endpoint.address().to_string(),
                           endpoint.port(), error.message())};
}

// Every address: IPv6 and IPv4 by one socket, or IPv4 alone where the machine has no IPv6.
Result<void> ListenOnHost(tcp::acceptor& acceptor, asio::io_context& context,
                          const ServerOptions& options) {
  if (!options.host.empty()) {
    return Listen(acceptor, TRY(Resolve(context, options.host, options.port)));
  }
  auto both = Listen(acceptor, {tcp::v6(), options.port});
  if (both.ok()) return both;
  if (Listen(acceptor, {tcp::v4(), options.port}).ok()) return {};
  return both;
}

}  // namespace

struct Server::Parts {
  Parts(ServerOptions options, Router router, const auth::Authenticator& authenticator,
        Metrics& metrics, fs::FileSystem& file_system)
      : state(std::move(options), std::move(router), authenticator, metrics, file_system) {}

  Result<void> Listen();
  void KeepAccepting();
  asio::awaitable<void> AcceptConnections();
  asio::awaitable<void> AcceptOne(IoLoop& loop);
  void Place(tcp::socket socket, IoLoop& loop);

  ServerState state;
  std::deque<IoLoop> loops;

  // Touched only by the first loop's thread once connections are accepted.
  std::optional<tcp::acceptor> acceptor;
  std::optional<asio::steady_timer> accept_retry;
  std::weak_ptr<const bool> accept_coroutine;  // expired: none is running

  // Touched only by the owner's thread.
  std::uint16_t port = 0;
  bool is_accepting = false;
  bool is_stopped = false;
};

Result<void> Server::Parts::Listen() {
  asio::io_context& context = loops.front().context();
  acceptor.emplace(context);
  accept_retry.emplace(context);
  TRY(ListenOnHost(*acceptor, context, state.options));
  error_code error;
  port = acceptor->local_endpoint(error).port();
  loops.front().EnsureRunning([this] { KeepAccepting(); });
  is_accepting = true;
  return {};
}

void Server::Parts::KeepAccepting() {
  if (!acceptor->is_open() || !accept_coroutine.expired()) return;
  const auto life = std::make_shared<const bool>(true);
  accept_coroutine = life;
  asio::co_spawn(loops.front().context(), AcceptConnections(),
                 [life](std::exception_ptr exception) {
                   if (exception)
                     LogError("BUG: http: accepting connections ended with an exception");
                 });
}

// An exception (no memory) ends one connection at most.
asio::awaitable<void> Server::Parts::AcceptConnections() {
  for (std::size_t i = 0; acceptor->is_open(); i++) {
    try {
      co_await AcceptOne(loops[i % loops.size()]);
      continue;
    } catch (...) {
      LogExceptionOf("http", "could not accept a connection");
    }
    std::this_thread::sleep_for(kNoMemoryTime);
  }
}

asio::awaitable<void> Server::Parts::AcceptOne(IoLoop& loop) {
  error_code error;
  tcp::socket socket = co_await acceptor->async_accept(
      loop.context(), asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    Place(std::move(socket), loop);
  } else if (acceptor->is_open()) {
    LogWarning("http: cannot accept a connection: {}", error.message());
    accept_retry->expires_after(kAcceptRetryTime);
    co_await accept_retry->async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

void Server::Parts::Place(tcp::socket socket, IoLoop& loop) {
  const std::size_t count_max = state.options.connection_count_max;
  const std::size_t count = ++state.connection_count;
  if (count > count_max + kRefusedCountMax) {
    state.connection_count--;
    return;
  }
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  try {
    loop.Adopt(std::move(socket),
               count > count_max ? Connection::Mode::kRefuse : Connection::Mode::kServe);
  } catch (...) {
    state.connection_count--;
    throw;
  }
}

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options,
                                              std::vector<Route> starting_routes,
                                              const auth::Authenticator& authenticator,
                                              Metrics& metrics, fs::FileSystem& file_system) {
  TRY(CheckOptions(options));
  auto router = TRY(Router::Build(std::move(starting_routes)));
  std::unique_ptr<Server> server(new Server(std::make_unique<Parts>(
      std::move(options), std::move(router), authenticator, metrics, file_system)));
  Parts& parts = *server->parts_;
  for (std::size_t i = 0; i < parts.state.options.io_thread_count; i++) {
    parts.loops.emplace_back("http-" + std::to_string(i), parts.state);
  }
  TRY(parts.Listen());
  return server;
}

Result<void> Server::Serve(std::vector<Route> routes) {
  auto& state = parts_->state;
  CHECK(state.is_starting(), "an http server is given its routes twice");
  state.full_router = TRY(Router::Build(std::move(routes)));
  if (state.full_router.HasSpooledBodies()) {
    TRY(PrepareSpoolDirectory(state.file_system, state.options.spool_directory));
  }
  state.current_router.store(&state.full_router, std::memory_order_release);
  return {};
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { Stop(); }

std::uint16_t Server::port() const { return parts_->port; }

void Server::StopAccepting() {
  if (!std::exchange(parts_->is_accepting, false)) return;
  parts_->state.is_draining = true;
  const auto close = [this] {
    error_code ignored;
    parts_->acceptor->close(ignored);
    parts_->accept_retry->cancel();
  };
  asio::post(parts_->loops.front().context(), asio::use_future(close)).wait();
  for (auto& loop : parts_->loops) loop.CloseIdleConnections();
}

bool Server::Drain(std::chrono::milliseconds deadline) {
  return parts_->state.in_progress.WaitForNone(Clock::System().NowSteady() + deadline);
}

void Server::Stop() {
  StopAccepting();
  if (std::exchange(parts_->is_stopped, true)) return;
  for (auto& loop : parts_->loops) loop.Stop();
  for (auto& loop : parts_->loops) loop.Join();
}

}  // namespace arc::http
