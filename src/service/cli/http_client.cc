#include "service/cli/http_client.h"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "service/cli/server_channel.h"

namespace arc::cli {
namespace {

namespace http = boost::beast::http;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kTransferBytes = 256 * 1024;
// How often progress is reported while nothing can be sent or received.
constexpr std::chrono::milliseconds kTick{200};

bool IsHeaderValue(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

Result<std::string> RequestHead(const ServerUrl& url, const HttpRequest& request,
                                std::uint64_t body_bytes) {
  std::string head =
      request.method + ' ' + url.path + request.target + " HTTP/1.1\r\nHost: " + url.Authority() +
      "\r\nConnection: close\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!IsHeaderValue(value)) {
      return Error{ErrorCode::kInvalidInput,
                   "the value of the header " + name + " contains a control character"};
    }
    head += name + ": " + value + "\r\n";
  }
  return head + "\r\n";
}

// The state of one request under way.
class Exchange {
 public:
  Exchange(ServerChannel connection, std::string head, RequestBody& body,
           const HttpOptions& options)
      : connection_(std::move(connection)), body_(body), options_(options), unsent_(head) {
    answer_.body_limit(options.answer_bytes_max);
    answer_.eager(true);
  }

  Result<HttpAnswer> Run();

 private:
  bool HasMoreToSend() const {
    return can_send_ && (!unsent_.empty() || body_bytes_read_ < body_.size_bytes());
  }
  std::uint64_t BodyBytesSent() const {
    return body_bytes_read_ - std::min<std::uint64_t>(unsent_.size() - sent_, body_bytes_read_);
  }
  Result<void> SendSome();
  Result<void> ReceiveSome();
  Result<void> Parse();
  Error Broken() const;

  ServerChannel connection_;
  RequestBody& body_;
  const HttpOptions& options_;

  std::string unsent_;    // The head, then one piece of the body after the other.
  std::size_t sent_ = 0;  // Of `unsent_`.
  std::uint64_t body_bytes_read_ = 0;
  bool can_send_ = true;  // False once the server takes no more; its answer may still come.

  std::string received_;  // Not parsed yet.
  http::response_parser<http::string_body> answer_;
  SteadyClock::time_point last_transfer_ = SteadyClock::now();
};

Result<HttpAnswer> Exchange::Run() {
  while (!answer_.is_done()) {
    const auto ready = connection_.Wait(HasMoreToSend(), kTick);
    if (ready.can_read) {
      TRY(ReceiveSome());
    } else if (ready.can_write) {
      TRY(SendSome());
    } else if (SteadyClock::now() - last_transfer_ > options_.silence_timeout) {
      return Error{ErrorCode::kDeadlinePassed, "the server did not answer in time"};
    }
    if (options_.is_cancelled && options_.is_cancelled()) {
      return Error{ErrorCode::kCancelled, "cancelled"};
    }
    if (options_.on_progress) options_.on_progress(BodyBytesSent());
  }
  auto message = answer_.release();
  return HttpAnswer{static_cast<int>(message.result_int()), std::move(message.body())};
}

Result<void> Exchange::SendSome() {
  if (sent_ == unsent_.size()) {
    unsent_.resize(kTransferBytes);
    sent_ = 0;
    const std::size_t count = TRY(body_.Read(unsent_));
    unsent_.resize(count);
    body_bytes_read_ += count;
  }
  const auto transfer = connection_.Send(std::span(unsent_).subspan(sent_));
  if (transfer.outcome != TcpConnection::Outcome::kDone) {
    can_send_ = false;
    return {};
  }
  if (transfer.bytes > 0) last_transfer_ = SteadyClock::now();
  sent_ += transfer.bytes;
  if (sent_ == unsent_.size()) {
    unsent_.clear();
    sent_ = 0;
  }
  return {};
}

Result<void> Exchange::ReceiveSome() {
  const auto parsed = received_.size();
  received_.resize(parsed + kTransferBytes);
  const auto transfer = connection_.Receive(std::span(received_).subspan(parsed));
  received_.resize(parsed + transfer.bytes);
  if (transfer.bytes > 0) last_transfer_ = SteadyClock::now();
  if (transfer.outcome == TcpConnection::Outcome::kDone) return Parse();
  // The end of the connection is the end of an answer without a length.
  boost::system::error_code error;
  if (transfer.outcome == TcpConnection::Outcome::kClosed) answer_.put_eof(error);
  if (!answer_.is_done()) return Broken();
  return {};
}

Result<void> Exchange::Parse() {
  while (!received_.empty() && !answer_.is_done()) {
    boost::system::error_code error;
    const auto count = answer_.put(boost::asio::buffer(received_), error);
    received_.erase(0, count);
    if (error == http::error::need_more) return {};
    if (error == http::error::body_limit) {
      return Error{ErrorCode::kTooLarge, "the answer of the server is too large to be held"};
    }
    if (error) {
      return Error{ErrorCode::kInternal, "the server did not answer in HTTP: " + error.message()};
    }
  }
  return {};
}

Error Exchange::Broken() const {
  if (!can_send_ || HasMoreToSend()) {
    return Error{ErrorCode::kCancelled,
                 "the server closed the connection after " + std::to_string(BodyBytesSent()) +
                     " of " + std::to_string(body_.size_bytes()) + " bytes were sent"};
  }
  return Error{ErrorCode::kCancelled, "the server closed the connection without a full answer"};
}

}  // namespace

Result<HttpAnswer> SendHttpRequest(const ServerUrl& url, const HttpRequest& request,
                                   RequestBody& body, const HttpOptions& options) {
  std::string head = TRY(RequestHead(url, request, body.size_bytes()));
  ServerChannel connection =
      TRY(ServerChannel::Open(url, options.trusted_pem, options.connect_timeout));
  return Exchange(std::move(connection), std::move(head), body, options).Run();
}

}  // namespace arc::cli
