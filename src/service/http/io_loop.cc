#include "service/http/io_loop.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"

namespace arc::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// A quarter of the shortest timeout, so that none fires late by more than that.
milliseconds SweepInterval(const ServerOptions& options) {
  const auto shortest =
      std::min({options.read_timeout, options.write_timeout, options.idle_timeout});
  return std::clamp(shortest / 4, milliseconds(1), milliseconds(1'000));
}

void LogException(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (...) {
    LogExceptionOf("http", "has ended a connection");
  }
}

}  // namespace

IoLoop::IoLoop(const std::string& thread_name, ServerState& state)
    : state_(state),
      sweep_interval_(SweepInterval(state.options)),
      work_guard_(context_.get_executor()),
      sweep_timer_(context_),
      thread_(thread_name, [this, thread_name] { Run(thread_name); }) {}

IoLoop::~IoLoop() { CHECK(!thread_.joinable(), "BUG: an I/O loop was not joined"); }

void IoLoop::Run(const std::string& thread_name) {
  bool is_armed = RearmSweep();
  for (;;) {
    try {
      if (is_armed) {
        context_.run();
        return;
      }
      // Without timeouts nothing may run for long.
      context_.run_for(sweep_interval_);
      if (context_.stopped()) return;
    } catch (...) {
      LogExceptionOf(thread_name.c_str(), "goes on after an exception");
    }
    is_armed = RearmSweep();  // the exception may have been the sweep's
  }
}

// Twice is once: the earlier wait is cancelled.
bool IoLoop::RearmSweep() noexcept {
  try {
    if (!is_stopping_) ArmSweep();
    return true;
  } catch (...) {
    LogExceptionOf("http", "looks for timeouts a little later");
    return false;
  }
}

void IoLoop::Adopt(asio::ip::tcp::socket socket, Connection::Mode mode) {
  asio::post(context_, [this, mode, socket = std::move(socket)]() mutable {
    Serve(std::move(socket), mode);
  });
}

void IoLoop::Serve(asio::ip::tcp::socket socket, Connection::Mode mode) {
  if (is_stopping_) {
    state_.connection_count--;
    return;
  }
  const auto count_before = connections_.size();
  try {
    connections_.emplace_back(std::move(socket), mode, state_);
    const auto served = std::prev(connections_.end());
    const auto life = std::make_shared<const bool>(true);
    served->coroutine = life;
    asio::co_spawn(context_, served->connection.Run(),
                   [this, served, life](std::exception_ptr exception) {
                     if (exception) LogException(exception);
                     Remove(served);
                   });
  } catch (...) {  // no memory for it: the client is cut off
    LogExceptionOf("http", "could not begin with a connection");
    if (connections_.size() > count_before) return Remove(std::prev(connections_.end()));
    state_.connection_count--;
  }
}

void IoLoop::Remove(Connections::iterator served) {
  connections_.erase(served);
  state_.connection_count--;
}

void IoLoop::EnsureRunning(std::function<void()> ensure) {
  asio::post(context_, [this, ensure = std::move(ensure)]() mutable {
    ensure_running_ = std::move(ensure);
    ensure_running_();
  });
}

void IoLoop::ArmSweep() {
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && !is_stopping_) Sweep();
  });
}

void IoLoop::Sweep() {
  const auto now = Clock::System().NowSteady();
  for (auto next = connections_.begin(); next != connections_.end();) {
    const auto served = next++;
    if (served->coroutine.expired()) {
      Remove(served);
    } else {
      served->connection.CheckDeadline(now);
    }
  }
  if (ensure_running_) ensure_running_();
  ArmSweep();
}

void IoLoop::CloseIdleConnections() {
  asio::post(context_, [this] {
    for (auto& served : connections_) served.connection.CloseIfIdle();
  });
}

void IoLoop::Stop() {
  asio::post(context_, [this] {
    is_stopping_ = true;
    sweep_timer_.cancel();
    for (auto& served : connections_) served.connection.CutOff();
    work_guard_.reset();
  });
}

void IoLoop::Join() { thread_.Join(); }

}  // namespace arc::http
