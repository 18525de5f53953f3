#include "service/http/transport.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace arc::http {
namespace {

namespace asio = boost::asio;
using Outcome = tls::Session::Outcome;

// Four records: more at once would only wait in memory for a slow client.
constexpr std::size_t kEncryptedBytesMax = 64 << 10;
constexpr std::size_t kReceivedBytesMax = 64 << 10;

auto Into(Transport::Error& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string_view ViewOf(asio::const_buffer bytes) {
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Transport::Transport(Socket socket, std::shared_ptr<const tls::Context> context)
    : socket_(std::move(socket)) {
  if (context) session_.emplace(std::move(context));
}

asio::awaitable<Transport::HandshakeResult> Transport::Handshake() {
  is_cancelled_ = false;
  while (session_) {
    const auto outcome = session_->Handshake();
    Error error;
    co_await SendAll(error);  // after a failure too: the client should know why
    if (outcome == Outcome::kFailed && session_->got_plain_http())
      co_return HandshakeResult::kPlainHttp;
    if (outcome == Outcome::kWantsBytes && !error) co_await AwaitBytes(error);
    if (error || outcome == Outcome::kFailed) co_return HandshakeResult::kFailed;
    if (outcome == Outcome::kDone) break;
  }
  co_return HandshakeResult::kDone;
}

asio::awaitable<std::size_t> Transport::Read(asio::mutable_buffer target, Error& error) {
  if (session_) return ReadDecrypted(target, error);
  return socket_.async_read_some(target, Into(error));
}

asio::awaitable<std::size_t> Transport::Write(Pieces pieces, Error& error) {
  if (session_) return WriteEncrypted(pieces, error);
  return socket_.async_write_some(pieces, Into(error));
}

asio::awaitable<std::size_t> Transport::ReadDecrypted(asio::mutable_buffer target, Error& error) {
  is_cancelled_ = false;
  const std::span<char> bytes(static_cast<char*>(target.data()), target.size());
  auto read = session_->Read(bytes);
  while (read.outcome == Outcome::kWantsBytes) {
    co_await SendAll(error);  // what TLS itself may have to answer
    if (!error) co_await AwaitBytes(error);
    if (error) break;
    read = session_->Read(bytes);
  }
  if (read.outcome == Outcome::kDone) co_return read.byte_count;
  if (!error) error = asio::error::eof;
  co_return 0;
}

// What was encrypted is sent to its end before the next bytes are, in as many calls as it takes.
asio::awaitable<std::size_t> Transport::WriteEncrypted(Pieces pieces, Error& error) {
  if (session_->unsent().empty()) {
    for (const auto& piece : pieces) {
      const auto bytes = ViewOf(piece).substr(0, kEncryptedBytesMax - encrypted_bytes_);
      if (session_->Write(bytes) != Outcome::kDone) error = asio::error::connection_aborted;
      if (error) break;
      encrypted_bytes_ += bytes.size();
    }
  }
  if (!error) {
    session_->Sent(
        co_await socket_.async_write_some(asio::buffer(session_->unsent()), Into(error)));
  }
  const bool is_all_sent = !error && session_->unsent().empty();
  co_return is_all_sent ? std::exchange(encrypted_bytes_, 0) : 0;
}

asio::awaitable<void> Transport::SendAll(Error& error) {
  while (!error && !session_->unsent().empty()) {
    session_->Sent(
        co_await socket_.async_write_some(asio::buffer(session_->unsent()), Into(error)));
    if (is_cancelled_) error = asio::error::operation_aborted;
  }
}

// A client that sends as fast as it is read would otherwise have the thread to itself, and neither
// deadlines nor the end of the server would get to it.
asio::awaitable<void> Transport::AwaitBytes(Error& error) {
  for (;;) {
    if (bytes_since_yield_ >= kReceivedBytesMax) co_await Yield();
    if (is_cancelled_) error = asio::error::operation_aborted;
    if (error) co_return;
    const auto received = Receive();
    if (received == Received::kBytes) co_return;
    if (received == Received::kEnd) error = asio::error::eof;
    if (received == Received::kBroken) error = asio::error::connection_reset;
    if (error) co_return;
    co_await socket_.async_wait(Socket::wait_read, Into(error));
    bytes_since_yield_ = 0;
  }
}

asio::awaitable<void> Transport::Yield() {
  bytes_since_yield_ = 0;
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
}

// Into memory of the thread, not of the connection: most connections wait most of the time.
Transport::Received Transport::Receive() {
  thread_local std::array<char, kReceivedBytesMax> bytes;
  const auto count = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count == 0) return Received::kEnd;
  if (count < 0) {
    const bool is_quiet = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return is_quiet ? Received::kNothing : Received::kBroken;
  }
  bytes_since_yield_ += static_cast<std::size_t>(count);
  session_->Receive({bytes.data(), static_cast<std::size_t>(count)});
  return Received::kBytes;
}

Transport::Peeked Transport::Peek() {
  if (!session_) {
    char byte;
    const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0) return Peeked::kBytes;
    const bool is_quiet = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return is_quiet ? Peeked::kNothing : Peeked::kGone;
  }
  // Nothing more is taken from the socket while there is something to read: it would pile up.
  auto received = Received::kNothing;
  auto outcome = session_->Peek();
  if (outcome == Outcome::kWantsBytes) {
    received = Receive();
    outcome = session_->Peek();
  }
  if (outcome == Outcome::kDone) return Peeked::kBytes;
  // What TLS answers by itself waits for the next write: a client that makes it answer on and on
  // (renegotiations, which are refused one by one) is not waited for.
  const bool is_open = (received == Received::kBytes || received == Received::kNothing) &&
                       session_->unsent().size() <= kEncryptedBytesMax;
  return is_open && outcome == Outcome::kWantsBytes ? Peeked::kNothing : Peeked::kGone;
}

void Transport::Cancel() {
  is_cancelled_ = true;
  Error ignored;
  socket_.cancel(ignored);
}

asio::awaitable<void> Transport::Finish() {
  Error error;
  if (session_) {
    session_->Close();
    is_cancelled_ = false;
    co_await SendAll(error);
    DropTls();
  }
  socket_.shutdown(Socket::shutdown_send, error);
}

void Transport::Close() {
  // While something is being sent it is among what is unsent.
  if (session_ && session_->unsent().empty()) {
    session_->Close();
    const auto close_notify = session_->unsent();
    // Whether it is sent makes no difference here.
    [[maybe_unused]] const auto count = ::send(socket_.native_handle(), close_notify.data(),
                                               close_notify.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    session_->Sent(close_notify.size());
  }
  Error ignored;
  socket_.close(ignored);
}

void Transport::Reset() {
  Error ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);  // the destructor would close it cleanly
}

}  // namespace arc::http
