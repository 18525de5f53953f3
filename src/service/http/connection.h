// One client's connection: reads requests one after the other, has each answered, writes the
// answers in order. Internal to the server: includes Asio. One coroutine, Run, on one I/O thread:
// - Handshake: TLS first, if there is any. It fails: counted, closed, no request was seen; a client
//   that spoke plain HTTP is told so.
// - AwaitRequest: nothing is owed. The client leaves or stays idle too long: closed without a word.
// - ReadHeader: a whole header, or an answer (400, 408, 431) behind which the connection closes.
// - CheckHeader: route, origin, token and limits, and no byte of the body read. A refusal is the
//   answer; if a body would still come, the connection closes behind it.
// - ReadBody: into memory, within the budget, or a file; both go with the request, whoever has it.
// - CallHandler: the request is the handler's, no deadline runs. Any thread answers: PendingAnswer
//   keeps the answer and wakes this thread. The client leaves: the handler is told, its answer is
//   dropped.
// - WriteResponse: before it the answer is counted, logged and told to the listener, so a client
//   that has it finds it counted. A client that takes nothing in time: closed, or reset where the
//   end would make half a body look whole.
// An exception is the answer to its request; the connection goes on.
//
// Pipelined requests wait in the input buffer until the one before is answered: a write followed by
// a query means that order, and a client cannot make the server hold many answers.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "foundation/time/clock.h"
#include "service/http/body_pipe.h"
#include "service/http/body_sink.h"
#include "service/http/notifier.h"
#include "service/http/pending_answer.h"
#include "service/http/request_parser.h"
#include "service/http/response_head.h"
#include "service/http/server_state.h"
#include "service/http/transport.h"

namespace arc::http {

// Threads:  belongs to one I/O loop; everything is called on its thread.
// Lifetime: destroyed by the loop after Run has returned.
class Connection {
 public:
  enum class Mode {
    kServe,
    kRefuse,  // the server has too many: the first request is answered with 503
  };

  Connection(boost::asio::ip::tcp::socket socket, Mode mode, ServerState& state);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // The connection's life: the handshake, then request after request.
  boost::asio::awaitable<void> Run();

  // Ends the wait for the client if its time has come. Called regularly by the loop.
  void CheckDeadline(Clock::SteadyTime now);
  // Closes the connection if it is between two requests.
  void CloseIfIdle();
  // Ends the connection whatever it is doing.
  void CutOff();

 private:
  enum class Step {
    kGoOn,
    kAnswer,  // the exchange has its response
    kGone,    // the client has left, or was too slow to deserve an answer
  };
  enum class Next { kRequest, kLinger, kClose };

  // One request and its response.
  struct Exchange {
    explicit Exchange(std::size_t header_bytes_max) : parser(header_bytes_max) {}

    RequestParser parser;
    Clock::SteadyTime started_at{};
    std::string method;  // kept for the answer: the handler gets the request
    const Route* route = nullptr;
    bool has_influx_errors = false;      // as in Route
    std::vector<Header> origin_headers;  // for the answer
    std::uint64_t body_byte_count = 0;   // received, as it was sent
    // Kept for on_answer, when there is one.
    std::string actor, subject, user_agent;
    std::shared_ptr<PendingAnswer> pending;  // once the handler is called
    Response response;
  };
  // Told by a wait on the socket that may end after the connection has.
  struct ClientWatch {
    Connection* connection;
    std::shared_ptr<PendingAnswer> pending;
  };

  boost::asio::awaitable<Next> Handshake();
  boost::asio::awaitable<Next> ServeRequest();
  boost::asio::awaitable<Step> WorkOn(Exchange& exchange);
  boost::asio::awaitable<bool> AwaitRequest();
  boost::asio::awaitable<Step> ReadHeader(Exchange& exchange);
  Step CheckHeader(Exchange& exchange);
  boost::asio::awaitable<Step> ReadBody(Exchange& exchange);
  boost::asio::awaitable<Step> FillSink(Exchange& exchange, BodySink& sink);
  boost::asio::awaitable<Step> CallHandler(Exchange& exchange);
  boost::asio::awaitable<bool> WriteResponse(const Exchange& exchange, AfterResponse after);
  boost::asio::awaitable<bool> StreamBody(const Exchange& exchange, std::string head, BodyEnd end);
  boost::asio::awaitable<void> Linger();

  void ChargeBody(Exchange& exchange) const;
  static void AddHeaders(Exchange& exchange);
  void KeepForListener(Exchange& exchange, const Request& request) const;
  void TellListener(const Exchange& exchange, std::chrono::microseconds duration) const;
  void StartHandler(Exchange& exchange);
  void WatchClient(const std::shared_ptr<PendingAnswer>& pending);
  void AwaitReadable();
  void UnwatchClient();
  // The socket is readable while a request is worked on.
  void PeekAtClient();
  boost::asio::awaitable<void> AwaitNotification();
  AfterResponse WhatFollows(const Exchange& exchange) const;
  void Record(const Exchange& exchange) const;

  // True when bytes were added to `input_`; false when the client has left or was too slow.
  boost::asio::awaitable<bool> ReadMore(std::size_t bytes_max);
  boost::asio::awaitable<bool> Write(std::array<boost::asio::const_buffer, 2> bytes);
  void SetDeadline(std::chrono::milliseconds from_now);
  void ClearDeadline();

  ServerState& state_;
  const Mode mode_;
  const std::string client_address_;
  Transport transport_;
  boost::asio::steady_timer notified_timer_;  // cancelled when there is something to send
  const std::shared_ptr<Notifier> notifier_;
  std::shared_ptr<ClientWatch> client_watch_;  // null when the client is not watched
  boost::beast::flat_buffer input_;            // received, not yet parsed

  Clock::SteadyTime deadline_ = Clock::SteadyTime::max();
  bool is_too_late_ = false;  // the deadline has passed
  bool is_first_request_ = true;
  bool is_idle_ = false;
  bool is_cut_off_ = false;
  bool is_end_the_bodys_ = false;  // closing now would make half a body look whole
};

}  // namespace arc::http
