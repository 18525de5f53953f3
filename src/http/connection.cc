#include "http/connection.h"

#include <exception>
#include <string_view>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "http/admission.h"
#include "http/error_answer.h"
#include "http/request_log.h"
#include "http/target.h"

namespace arc::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Most requests fit; more is read at once only for bodies.
constexpr std::size_t kHeaderReadBytes = 8 << 10;
constexpr std::size_t kBodyReadBytes = 64 << 10;

// How long a client may take to read a last answer and close, before the connection is dropped.
constexpr std::chrono::milliseconds kLingerTime{2'000};

auto Into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

Clock::SteadyTime Now() { return Clock::System().NowSteady(); }

std::string AddressOf(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Mode mode, ServerState& state)
    : state_(state),
      mode_(mode),
      client_address_(AddressOf(socket)),
      socket_(std::move(socket)),
      answer_signal_(socket_.get_executor(), Clock::SteadyTime::max()) {}

asio::awaitable<void> Connection::Run() {
  Next next = Next::kRequest;
  while (next == Next::kRequest) next = co_await ServeRequest();
  if (next == Next::kLinger) co_await Linger();
}

asio::awaitable<Connection::Next> Connection::ServeRequest() {
  if (!co_await AwaitRequest()) co_return Next::kClose;
  Exchange exchange(state_.options.header_bytes_max);
  Step step = co_await ReadHeader(exchange);
  if (step == Step::kGone) co_return Next::kClose;

  const InProgress::Mark mark(state_.in_progress);
  exchange.method = exchange.parser.request().method;
  if (step == Step::kGoOn) step = CheckHeader(exchange);
  if (step == Step::kGoOn) step = co_await ReadBody(exchange);
  if (step == Step::kGoOn) step = co_await CallHandler(exchange);
  if (step == Step::kGone) co_return Next::kClose;

  Record(exchange);
  const AfterResponse after = WhatFollows(exchange);
  if (!co_await WriteResponse(exchange, after)) co_return Next::kClose;
  co_return after == AfterResponse::kClose ? Next::kLinger : Next::kRequest;
}

// Waits for the first byte of a request. A new connection has to show one sooner than one that has
// proved itself.
asio::awaitable<bool> Connection::AwaitRequest() {
  const bool is_first = std::exchange(is_first_request_, false);
  if (input_.size() > 0) co_return true;
  input_.clear();
  if (input_.capacity() > kHeaderReadBytes) input_.shrink_to_fit();
  SetDeadline(is_first ? state_.options.read_timeout : state_.options.idle_timeout);
  is_idle_ = true;
  const bool has_bytes = co_await ReadMore(kHeaderReadBytes);
  is_idle_ = false;
  co_return has_bytes;
}

asio::awaitable<Connection::Step> Connection::ReadHeader(Exchange& exchange) {
  exchange.started_at = Now();
  SetDeadline(state_.options.read_timeout);  // for the whole header
  for (;;) {
    const auto progress = exchange.parser.ReadHeader(input_);
    if (progress == RequestParser::Progress::kDone) co_return Step::kGoOn;
    if (progress == RequestParser::Progress::kFailed) {
      exchange.response = exchange.parser.TakeFailure();
      co_return Step::kAnswer;
    }
    if (co_await ReadMore(kHeaderReadBytes)) continue;
    if (!is_too_late_) co_return Step::kGone;
    exchange.response = ErrorAnswer(408, "The request header did not arrive in time");
    co_return Step::kAnswer;
  }
}

Connection::Step Connection::CheckHeader(Exchange& exchange) {
  if (mode_ == Mode::kRefuse) {
    exchange.response = ErrorAnswer({ErrorCode::kOverloaded, "Too many connections"});
    return Step::kAnswer;
  }
  Request& request = exchange.parser.request();
  request.client_address = client_address_;
  Admission admission = Admit(exchange.parser.target(), request, state_);
  exchange.route = admission.route;
  if (!admission.answer) return Step::kGoOn;
  exchange.response = std::move(*admission.answer);
  return Step::kAnswer;
}

asio::awaitable<Connection::Step> Connection::ReadBody(Exchange& exchange) {
  RequestParser& parser = exchange.parser;
  if (parser.is_done()) co_return Step::kGoOn;
  auto opened = OpenBodySink(*exchange.route, parser.content_length(), state_);
  if (!opened.ok()) {
    exchange.response = ErrorAnswer(opened.error());
    co_return Step::kAnswer;
  }
  BodySink& sink = *opened.value();
  const bool is_waited_for = !parser.request().HeaderValue("Expect").empty();
  if (is_waited_for && !parser.is_http_1_0() && input_.size() == 0) {
    const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await Write({asio::buffer(go_on), {}})) co_return Step::kGone;
  }
  for (;;) {
    const auto progress = parser.ReadBody(input_, sink);
    if (progress == RequestParser::Progress::kDone) break;
    if (progress == RequestParser::Progress::kFailed) {
      exchange.response = parser.TakeFailure();
      co_return Step::kAnswer;
    }
    SetDeadline(state_.options.read_timeout);  // for the next piece
    if (co_await ReadMore(kBodyReadBytes)) continue;
    if (!is_too_late_) co_return Step::kGone;
    exchange.response = ErrorAnswer(408, "The request body stopped arriving");
    co_return Step::kAnswer;
  }
  const auto finished = sink.Finish(parser.request());
  if (finished.ok()) co_return Step::kGoOn;
  exchange.response = ErrorAnswer(finished.error());
  co_return Step::kAnswer;
}

asio::awaitable<Connection::Step> Connection::CallHandler(Exchange& exchange) {
  ClearDeadline();
  const auto pending = std::make_shared<PendingAnswer>(answer_signal_);
  StartHandler(exchange, pending);
  auto answer = pending->TakeOrAwait();
  while (!answer && !is_cut_off_) {
    error_code cancelled;
    co_await answer_signal_.async_wait(Into(cancelled));
    answer = pending->TakeOrAwait();
  }
  pending->Abandon();
  if (!answer) co_return Step::kGone;
  exchange.response = std::move(*answer);
  co_return Step::kAnswer;
}

void Connection::StartHandler(Exchange& exchange, const std::shared_ptr<PendingAnswer>& pending) {
  Responder responder([pending](Response response) { pending->Deliver(std::move(response)); });
  // The responder answers 500 when the handler does not get to it.
  try {
    exchange.route->handler(std::move(exchange.parser.request()), std::move(responder));
  } catch (const std::exception& exception) {
    LogError("http: handler of {} {} threw: {}", exchange.route->method, exchange.route->pattern,
             exception.what());
  }
}

AfterResponse Connection::WhatFollows(const Exchange& exchange) const {
  // Bytes of this request that nobody will read would be taken for the next one.
  const RequestParser& parser = exchange.parser;
  const bool may_follow = mode_ == Mode::kServe && !state_.is_draining;
  if (!may_follow || !parser.is_complete() || !parser.keep_alive()) return AfterResponse::kClose;
  return parser.is_http_1_0() ? AfterResponse::kKeepAlive10 : AfterResponse::kKeepAlive;
}

// Before the answer is written, so that a client that has it also finds it counted.
void Connection::Record(const Exchange& exchange) const {
  const auto duration = Now() - exchange.started_at;
  state_.request_count.Add();
  (exchange.response.status < 400 ? state_.success_count : state_.error_count).Add();
  state_.latency.Observe(std::chrono::duration<double>(duration).count());
  LogIfFailed({.method = exchange.method,
               .raw_path = RawPath(exchange.parser.target()),
               .client_address = client_address_,
               .duration = std::chrono::duration_cast<std::chrono::microseconds>(duration)},
              exchange.response);
}

asio::awaitable<bool> Connection::WriteResponse(const Exchange& exchange, AfterResponse after) {
  const Response& response = exchange.response;
  const std::string head = ResponseHead(response, after, Clock::System().NowMicros() / 1'000'000);
  const bool has_body = !IsBodiless(response.status) && exchange.method != "HEAD";
  co_return co_await Write(
      {asio::buffer(head), has_body ? asio::buffer(response.body) : asio::const_buffer()});
}

// Closing a socket with unread bytes makes the kernel reset the connection, and the client loses
// the answer it was about to read. So: say that nothing more comes, and read until the client has
// closed too.
asio::awaitable<void> Connection::Linger() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  SetDeadline(std::min(state_.options.read_timeout, kLingerTime));
  input_.clear();
  while (co_await ReadMore(kHeaderReadBytes)) input_.clear();
}

asio::awaitable<bool> Connection::ReadMore(std::size_t bytes_max) {
  error_code error;
  const auto byte_count = co_await socket_.async_read_some(input_.prepare(bytes_max), Into(error));
  input_.commit(byte_count);
  co_return !error && !is_too_late_ && !is_cut_off_;
}

asio::awaitable<bool> Connection::Write(std::array<asio::const_buffer, 2> bytes) {
  while (bytes[0].size() + bytes[1].size() > 0) {
    SetDeadline(state_.options.write_timeout);  // for the next piece
    error_code error;
    const auto byte_count = co_await socket_.async_write_some(bytes, Into(error));
    if (error || is_cut_off_) co_return false;
    const auto of_first = std::min(byte_count, bytes[0].size());
    bytes[0] += of_first;
    bytes[1] += byte_count - of_first;
  }
  co_return true;
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = Now() + from_now;
  is_too_late_ = false;
}

void Connection::ClearDeadline() { deadline_ = Clock::SteadyTime::max(); }

void Connection::CheckDeadline(Clock::SteadyTime now) {
  if (now < deadline_) return;
  ClearDeadline();
  is_too_late_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::CloseIfIdle() {
  if (is_idle_) CutOff();
}

void Connection::CutOff() {
  is_cut_off_ = true;
  error_code ignored;
  socket_.close(ignored);
  answer_signal_.cancel();
}

}  // namespace arc::http
