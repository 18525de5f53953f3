// One I/O thread and the connections that live on it. Internal to the server: includes Asio.

#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "foundation/base/thread.h"
#include "service/http/connection.h"
#include "service/http/server_state.h"

namespace arc::http {

// Lifetime: Stop() and Join() come before destruction.
class IoLoop {
 public:
  // `state` must outlive the loop.
  IoLoop(const std::string& thread_name, ServerState& state);
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;
  ~IoLoop();

  boost::asio::io_context& context() { return context_; }

  // From any thread; each takes effect on the loop's own.
  //
  // Calls `ensure` at once and at every look for timeouts, until the loop stops. For what must run
  // as long as the loop: a coroutine that waits when memory has run out is destroyed without a
  // word.
  void EnsureRunning(std::function<void()> ensure);
  void Adopt(boost::asio::ip::tcp::socket socket, Connection::Mode mode);
  void CloseIdleConnections();
  void Stop();

  void Join();

 private:
  struct Served {
    Served(boost::asio::ip::tcp::socket socket, Connection::Mode mode, ServerState& state)
        : connection(std::move(socket), mode, state) {}

    Connection connection;
    std::weak_ptr<const bool> coroutine;  // expired: it has gone without having ended
  };
  using Connections = std::list<Served>;

  void Run(const std::string& thread_name);
  bool RearmSweep() noexcept;
  void Serve(boost::asio::ip::tcp::socket socket, Connection::Mode mode);
  void Remove(Connections::iterator served);
  void ArmSweep();
  void Sweep();

  ServerState& state_;
  const std::chrono::milliseconds sweep_interval_;

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_guard_;

  // Touched only by the loop's thread. One timer looks at all deadlines: a timer per connection,
  // set anew for each read and write, would cost more than the requests.
  boost::asio::steady_timer sweep_timer_;
  Connections connections_;
  std::function<void()> ensure_running_;
  bool is_stopping_ = false;

  Thread thread_;
};

}  // namespace arc::http
