#include "service/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <string_view>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"
#include "service/http/admission.h"
#include "service/http/error_answer.h"
#include "service/http/request_log.h"
#include "service/http/target.h"

namespace arc::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Most requests fit; more is read at once only for bodies.
constexpr std::size_t kHeaderReadBytes = 8 << 10;
constexpr std::size_t kBodyReadBytes = 64 << 10;

// After a body that took longer the token is checked again: it may have been revoked meanwhile.
constexpr std::chrono::milliseconds kAdmissionTime{1'000};

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

std::shared_ptr<const tls::Context> TlsOf(const ServerState& state) {
  return state.options.certificate ? state.options.certificate->context() : nullptr;
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Mode mode, ServerState& state)
    : state_(state),
      mode_(mode),
      client_address_(AddressOf(socket)),
      transport_(std::move(socket), TlsOf(state)),
      notified_timer_(transport_.get_executor(), Clock::SteadyTime::max()),
      notifier_(std::make_shared<Notifier>(notified_timer_)) {}

Connection::~Connection() {
  UnwatchClient();
  notifier_->Remove();
}

asio::awaitable<void> Connection::Run() {
  Next next = co_await Handshake();
  while (next == Next::kRequest) next = co_await ServeRequest();
  if (next == Next::kLinger) co_await Linger();
  transport_.Close();
}

asio::awaitable<Connection::Next> Connection::Handshake() {
  if (!transport_.is_secure()) co_return Next::kRequest;
  SetDeadline(state_.options.read_timeout);  // for the whole handshake
  const auto result = co_await transport_.Handshake();
  if (result == Transport::HandshakeResult::kDone) co_return Next::kRequest;
  state_.handshake_failure_count.Add();
  if (result == Transport::HandshakeResult::kPlainHttp) {
    transport_.DropTls();
    const auto answer = ErrorAnswer(
        {ErrorCode::kInvalidInput, "This port speaks HTTPS: use https:// in the address"});
    const auto head = ResponseHead(answer, AfterResponse::kClose, BodyEnd::kLength, Scheme::kHttp,
                                   Clock::System().NowMicros() / 1'000'000);
    if (co_await Write({asio::buffer(head), asio::buffer(answer.body)})) co_return Next::kLinger;
  } else {
    LogDebug("http: no TLS with {}: {}", client_address_, transport_.failure());
  }
  co_return Next::kClose;
}

asio::awaitable<Connection::Next> Connection::ServeRequest() {
  if (!co_await AwaitRequest()) co_return Next::kClose;
  Exchange exchange(state_.options.header_bytes_max);
  Step step = co_await ReadHeader(exchange);
  if (step == Step::kGone) co_return Next::kClose;

  const InProgress::Mark mark(state_.in_progress);
  if (step == Step::kGoOn) step = co_await WorkOn(exchange);
  if (step == Step::kGone) co_return Next::kClose;

  if (exchange.has_influx_errors && IsFailure(exchange.response.status)) {
    AddInfluxError(exchange.response);
  }
  AddHeaders(exchange);
  Record(exchange);
  const AfterResponse after = WhatFollows(exchange);
  if (!co_await WriteResponse(exchange, after)) co_return Next::kClose;
  co_return after == AfterResponse::kClose ? Next::kLinger : Next::kRequest;
}

// What the handler has set itself stays.
void Connection::AddHeaders(Exchange& exchange) {
  auto& headers = exchange.response.headers;
  if (exchange.route != nullptr) {
    for (const auto& header : exchange.route->response_headers) {
      if (!HasHeader(headers, header.name)) headers.push_back(header);
    }
  }
  std::ranges::move(exchange.origin_headers, std::back_inserter(headers));
}

// An exception (no memory, or our own mistake) becomes the answer to its request. The connection
// goes on.
asio::awaitable<Connection::Step> Connection::WorkOn(Exchange& exchange) {
  try {
    exchange.method = exchange.parser.request().method;
    Step step = CheckHeader(exchange);
    if (step == Step::kGoOn) step = co_await ReadBody(exchange);
    if (step == Step::kGoOn) step = co_await CallHandler(exchange);
    co_return step;
  } catch (...) {
    LogExceptionOf("http", "caught an exception within a request");
    if (exchange.pending) exchange.pending->Abandon();
    exchange.response = ErrorAnswer(ErrorOfException());
    co_return Step::kAnswer;
  }
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
    exchange.response = ErrorAnswer(kRequestTimeout, "The request header did not arrive in time");
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
  exchange.origin_headers = OriginHeaders(request, state_.options.origins);
  Admission admission = Admit(exchange.parser.target(), request, state_);
  exchange.route = admission.route;
  exchange.has_influx_errors = admission.has_influx_errors;
  if (state_.options.on_answer) KeepForListener(exchange, request);
  if (!admission.answer) return Step::kGoOn;
  exchange.response = std::move(*admission.answer);
  return Step::kAnswer;
}

void Connection::KeepForListener(Exchange& exchange, const Request& request) const {
  exchange.actor = request.principal.name;
  exchange.user_agent = request.HeaderValue("User-Agent");
  const auto& subject_of = state_.options.subject_of;
  if (exchange.route != nullptr && subject_of) {
    exchange.subject = subject_of(request, *exchange.route);
  }
}

void Connection::TellListener(const Exchange& exchange, std::chrono::microseconds duration) const {
  const auto& response = exchange.response;
  state_.options.on_answer(
      {.method = exchange.method,
       .pattern = exchange.route == nullptr ? std::string_view() : exchange.route->pattern,
       .path = RawPath(exchange.parser.target()),
       .actor = exchange.actor,
       .subject = response.subject.empty() ? exchange.subject : response.subject,
       .client_address = client_address_,
       .user_agent = exchange.user_agent,
       .status = response.status,
       .duration = duration,
       .error = IsFailure(response.status) ? ErrorTextOf(response) : std::string_view()});
}

asio::awaitable<Connection::Step> Connection::ReadBody(Exchange& exchange) {
  if (exchange.parser.is_done()) co_return Step::kGoOn;
  auto opened = OpenBodySink(*exchange.route, exchange.parser.content_length(), state_);
  if (!opened.ok()) {
    exchange.response = ErrorAnswer(opened.error());
    co_return Step::kAnswer;
  }
  const Step step = co_await FillSink(exchange, *opened.value());
  ChargeBody(exchange);  // also what is refused or given up
  if (step != Step::kGoOn || Now() - exchange.started_at < kAdmissionTime) co_return step;
  auto refusal = AdmitAgain(*exchange.route, exchange.parser.request(), state_);
  if (!refusal) co_return step;
  exchange.response = std::move(*refusal);
  co_return Step::kAnswer;
}

asio::awaitable<Connection::Step> Connection::FillSink(Exchange& exchange, BodySink& sink) {
  RequestParser& parser = exchange.parser;
  const bool is_waited_for = !parser.request().HeaderValue("Expect").empty();
  if (is_waited_for && !parser.is_http_1_0() && input_.size() == 0) {
    const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await Write({asio::buffer(go_on), {}})) co_return Step::kGone;
  }
  for (;;) {
    const auto byte_count = input_.size();
    const auto progress = parser.ReadBody(input_, sink);
    exchange.body_byte_count += byte_count - input_.size();
    if (progress == RequestParser::Progress::kDone) break;
    if (progress == RequestParser::Progress::kFailed) {
      exchange.response = parser.TakeFailure();
      co_return Step::kAnswer;
    }
    SetDeadline(state_.options.read_timeout);  // for the next piece
    if (co_await ReadMore(kBodyReadBytes)) continue;
    if (!is_too_late_) co_return Step::kGone;
    exchange.response = ErrorAnswer(kRequestTimeout, "The request body stopped arriving");
    co_return Step::kAnswer;
  }
  const auto finished = sink.Finish(parser.request());
  if (finished.ok()) co_return Step::kGoOn;
  exchange.response = ErrorAnswer(finished.error());
  co_return Step::kAnswer;
}

void Connection::ChargeBody(Exchange& exchange) const {
  auto* const limits = state_.options.limits;
  if (limits == nullptr) return;
  limits->ChargeBytes(exchange.parser.request().principal, client_address_,
                      exchange.body_byte_count);
}

asio::awaitable<Connection::Step> Connection::CallHandler(Exchange& exchange) {
  ClearDeadline();
  exchange.pending = std::make_shared<PendingAnswer>(notifier_);
  StartHandler(exchange);
  auto answer = exchange.pending->TakeOrAwait();
  if (!answer && exchange.pending->IsClientWatched()) WatchClient(exchange.pending);
  while (!answer && !is_cut_off_) {
    co_await AwaitNotification();
    answer = exchange.pending->TakeOrAwait();
  }
  UnwatchClient();
  if (!answer) {
    exchange.pending->Abandon();
    co_return Step::kGone;
  }
  exchange.response = std::move(*answer);
  co_return Step::kAnswer;
}

void Connection::StartHandler(Exchange& exchange) {
  const auto& pending = exchange.pending;
  Responder responder(
      [pending](Response response) { pending->Deliver(std::move(response)); },
      [pending](std::function<void()> call) { pending->OnClientGone(std::move(call)); },
      [pending] { pending->Drop(); });
  try {
    exchange.route->handler(std::move(exchange.parser.request()), std::move(responder));
  } catch (...) {
    LogExceptionOf("http", "caught an exception of a handler");
    pending->DeliverIfDropped(ErrorAnswer(ErrorOfException()));
  }
}

asio::awaitable<void> Connection::AwaitNotification() {
  error_code cancelled;
  co_await notified_timer_.async_wait(Into(cancelled));
}

void Connection::WatchClient(const std::shared_ptr<PendingAnswer>& pending) {
  client_watch_ = std::make_shared<ClientWatch>(ClientWatch{this, pending});
  AwaitReadable();
}

void Connection::AwaitReadable() {
  transport_.WaitReadable([watch = client_watch_](const error_code& error) {
    if (!error && watch->connection != nullptr) watch->connection->PeekAtClient();
  });
}

void Connection::UnwatchClient() {
  if (!client_watch_) return;
  client_watch_->connection = nullptr;
  client_watch_.reset();
  transport_.Cancel();
}

// Bytes are the next request, which waits; the watch ends with them, because what comes after them
// is not to be seen. The end of the stream means that the client has gone: one that only closes its
// sending side before it has the answer cannot be told from it.
void Connection::PeekAtClient() {
  const auto peeked = transport_.Peek();
  if (peeked == Transport::Peeked::kBytes) return;
  // The wait also ends for bytes that were read since.
  if (peeked == Transport::Peeked::kNothing) return AwaitReadable();
  const auto pending = client_watch_->pending;
  CutOff();
  pending->Abandon();
}

AfterResponse Connection::WhatFollows(const Exchange& exchange) const {
  // Bytes of this request that nobody will read would be taken for the next one.
  const RequestParser& parser = exchange.parser;
  const bool may_follow = mode_ == Mode::kServe && !state_.is_draining;
  if (!may_follow || !parser.is_complete() || !parser.keep_alive()) return AfterResponse::kClose;
  if (parser.is_http_1_0() && exchange.response.stream) return AfterResponse::kClose;
  return parser.is_http_1_0() ? AfterResponse::kKeepAlive10 : AfterResponse::kKeepAlive;
}

// Before the answer is written, so that a client that has it also finds it counted.
void Connection::Record(const Exchange& exchange) const {
  const auto duration = Now() - exchange.started_at;
  state_.request_count.Add();
  (IsFailure(exchange.response.status) ? state_.error_count : state_.success_count).Add();
  state_.latency.Observe(std::chrono::duration<double>(duration).count());
  if (state_.options.on_answer) {
    TellListener(exchange, std::chrono::duration_cast<std::chrono::microseconds>(duration));
  }
  LogIfFailed({.method = exchange.method,
               .raw_path = RawPath(exchange.parser.target()),
               .client_address = client_address_,
               .duration = std::chrono::duration_cast<std::chrono::microseconds>(duration)},
              exchange.response);
}

asio::awaitable<bool> Connection::WriteResponse(const Exchange& exchange, AfterResponse after) {
  const Response& response = exchange.response;
  const bool has_body = !IsBodiless(response.status) && exchange.method != "HEAD";
  const auto body_end = !response.stream                ? BodyEnd::kLength
                        : exchange.parser.is_http_1_0() ? BodyEnd::kConnectionEnd
                                                        : BodyEnd::kLastChunk;
  const auto scheme = transport_.is_secure() ? Scheme::kHttps : Scheme::kHttp;
  std::string head =
      ResponseHead(response, after, body_end, scheme, Clock::System().NowMicros() / 1'000'000);
  if (response.stream && has_body) {
    const bool is_sent = co_await StreamBody(exchange, std::move(head), body_end);
    response.stream->Detach();
    co_return is_sent;
  }
  if (response.stream) response.stream->Detach();
  co_return co_await Write(
      {asio::buffer(head), has_body ? asio::buffer(response.body) : asio::const_buffer()});
}

// The head goes out with the first piece. A client that is slow is bounded by the time each piece
// may take; the producer has no limit here but the client's patience, which is watched.
asio::awaitable<bool> Connection::StreamBody(const Exchange& exchange, std::string head,
                                             BodyEnd end) {
  BodyPipe& pipe = *exchange.response.stream;
  const bool is_chunked = end == BodyEnd::kLastChunk;
  is_end_the_bodys_ = !is_chunked;
  pipe.Attach([notifier = notifier_] { notifier->Notify(); });
  std::string before = std::move(head);  // what goes before the next piece
  for (;;) {
    auto piece = pipe.Take();
    switch (piece.what) {
      case BodyPipe::Piece::What::kBytes:
        if (is_chunked) fmt::format_to(std::back_inserter(before), "{:x}\r\n", piece.bytes.size());
        if (!co_await Write({asio::buffer(before), asio::buffer(piece.bytes)})) co_return false;
        before = is_chunked ? "\r\n" : "";
        break;
      case BodyPipe::Piece::What::kEnd:
        if (is_chunked) before.append("0\r\n").append(piece.bytes).append("\r\n");
        is_end_the_bodys_ = false;
        co_return co_await Write({asio::buffer(before), {}});
      case BodyPipe::Piece::What::kAborted:
        transport_.Reset();  // a clean end could be taken for that of the body
        co_return false;
      case BodyPipe::Piece::What::kNothingYet:
        ClearDeadline();
        WatchClient(exchange.pending);
        co_await AwaitNotification();
        UnwatchClient();
        if (is_cut_off_) co_return false;
    }
  }
}

// Closing a socket with unread bytes makes the kernel reset the connection, and the client loses
// the answer it was about to read. So: say that nothing more comes, and read until the client has
// closed too.
asio::awaitable<void> Connection::Linger() {
  SetDeadline(std::min(state_.options.read_timeout, kLingerTime));
  co_await transport_.Finish();
  bool is_open = true;  // GCC 12 crashes at a co_await in the condition, behind another one
  while (is_open) {
    input_.clear();
    is_open = co_await ReadMore(kHeaderReadBytes);
  }
}

asio::awaitable<bool> Connection::ReadMore(std::size_t bytes_max) {
  error_code error;
  const auto byte_count = co_await transport_.Read(input_.prepare(bytes_max), error);
  input_.commit(byte_count);
  co_return !error && !is_too_late_ && !is_cut_off_;
}

asio::awaitable<bool> Connection::Write(std::array<asio::const_buffer, 2> bytes) {
  while (bytes[0].size() + bytes[1].size() > 0) {
    SetDeadline(state_.options.write_timeout);  // for the next piece
    error_code error;
    const auto byte_count = co_await transport_.Write(bytes, error);
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
  notifier_->NotifyIfMissed();
  if (now < deadline_) return;
  ClearDeadline();
  is_too_late_ = true;
  transport_.Cancel();
}

void Connection::CloseIfIdle() {
  if (is_idle_) CutOff();
}

void Connection::CutOff() {
  is_cut_off_ = true;
  is_end_the_bodys_ ? transport_.Reset() : transport_.Close();
  notified_timer_.cancel();
}

}  // namespace arc::http
