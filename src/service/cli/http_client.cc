#include "service/cli/http_client.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "service/cli/server_stream.h"

namespace arc::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 256 * 1024;
// Beast throws at twice as much; servers refuse less.
constexpr std::size_t kHeaderBytesMax = 32 * 1024;
// How often progress is reported.
constexpr std::chrono::milliseconds kTick{100};

// A RequestBody as Beast asks for it: piece by piece.
struct SourceBody {
  struct value_type {
    RequestBody* source = nullptr;
    std::optional<Error> failure{};  // of the source
  };

  static std::uint64_t size(const value_type& body) { return body.source->size_bytes(); }

  class writer {
   public:
    using const_buffers_type = asio::const_buffer;
    using Piece = std::pair<const_buffers_type, bool>;

    template <bool kIsRequest, class Fields>
    writer(const http::header<kIsRequest, Fields>&, value_type& body)
        : body_(body), left_bytes_(size(body)) {}

    void init(error_code& error) { error = {}; }
    // The next piece, and whether there are more.
    boost::optional<Piece> get(error_code& error) {
      error = {};
      if (left_bytes_ == 0) return boost::none;
      auto read = body_.source->Read(piece_);
      if (!read.ok()) {
        body_.failure = std::move(read).TakeError();
        error = asio::error::operation_aborted;
        return boost::none;
      }
      const std::size_t bytes = std::move(read).TakeValue();
      left_bytes_ -= bytes;
      return Piece(asio::buffer(piece_, bytes), left_bytes_ > 0);
    }

   private:
    value_type& body_;
    std::uint64_t left_bytes_;
    std::string piece_ = std::string(kPieceBytes, 0);
  };
};
using Request = http::request<SourceBody>;

bool IsHeaderValue(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

Result<Request> ToSend(const ServerUrl& url, const HttpRequest& wanted, RequestBody& body) {
  Request request;
  request.body().source = &body;
  request.version(11);
  request.method_string(wanted.method);
  request.target(url.path + wanted.target);
  request.set(http::field::host, url.Authority());
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : wanted.headers) {
    if (!IsHeaderValue(value)) {
      return Error{ErrorCode::kInvalidInput,
                   "the value of the header " + name + " contains a control character"};
    }
    if (value.size() > kHeaderBytesMax) {
      return Error{ErrorCode::kInvalidInput, "the value of the header " + name + " is too long"};
    }
    request.insert(name, value);
  }
  request.content_length(body.size_bytes());
  return request;
}

// One request under way. Sending and receiving go on side by side: the answer may come before
// everything is sent, and can still be read when the server takes no more.
class Exchange {
 public:
  Exchange(Request request, const HttpOptions& options)
      : options_(options), request_(std::move(request)) {
    sending_.split(true);
    answer_.body_limit(options.answer_bytes_max);
    answer_.eager(true);
  }

  Result<HttpAnswer> Run(const ServerUrl& url);

 private:
  void Send();
  void Receive();
  Error ErrorOf(error_code error) const;

  const HttpOptions& options_;
  asio::io_context loop_{1};
  std::unique_ptr<ServerStream> stream_;

  Request request_;
  http::serializer<true, SourceBody> sending_{request_};
  std::uint64_t body_bytes_sent_ = 0;

  boost::beast::flat_buffer received_;
  http::response_parser<http::string_body> answer_;

  steady_clock::time_point last_transfer_;
  std::optional<Error> failure_;
};

Result<HttpAnswer> Exchange::Run(const ServerUrl& url) {
  stream_ = TRY(ServerStream::Open(loop_, url, options_.trusted_pem, options_.connect_timeout));
  last_transfer_ = steady_clock::now();
  Send();
  Receive();
  while (!answer_.is_done()) {
    loop_.restart();
    loop_.run_for(kTick);
    if (failure_) return *std::move(failure_);
    if (options_.is_cancelled && options_.is_cancelled()) {
      return Error{ErrorCode::kCancelled, "cancelled"};
    }
    if (options_.on_progress) options_.on_progress(body_bytes_sent_);
    if (steady_clock::now() - last_transfer_ > options_.silence_timeout) {
      return Error{ErrorCode::kDeadlinePassed, "the server did not answer in time"};
    }
  }
  auto message = answer_.release();
  return HttpAnswer{static_cast<int>(message.result_int()), std::move(message.body())};
}

void Exchange::Send() {
  const bool is_body = sending_.is_header_done();
  const auto then = [this, is_body](error_code error, std::size_t bytes) {
    if (bytes > 0) last_transfer_ = steady_clock::now();
    if (is_body) body_bytes_sent_ += bytes;
    if (request_.body().failure) {
      failure_ = request_.body().failure;
      return loop_.stop();
    }
    // A server that takes no more may have answered: Receive() finds out.
    if (!error && !sending_.is_done()) Send();
  };
  stream_->With([&](auto& stream) { http::async_write_some(stream, sending_, then); });
}

void Exchange::Receive() {
  const auto then = [this](error_code error, std::size_t bytes) {
    if (bytes > 0) last_transfer_ = steady_clock::now();
    if (error) failure_ = ErrorOf(error);
    if (error || answer_.is_done()) return loop_.stop();
    Receive();
  };
  stream_->With([&](auto& stream) { http::async_read_some(stream, received_, answer_, then); });
}

Error Exchange::ErrorOf(error_code error) const {
  if (error == http::error::body_limit) {
    return Error{ErrorCode::kTooLarge, "the answer of the server is too large to be held"};
  }
  const bool is_end = error == http::error::end_of_stream || error == http::error::partial_message;
  if (!is_end && error.category() == error_code(http::error::bad_version).category()) {
    return Error{ErrorCode::kInternal, "the server did not answer in HTTP: " + error.message()};
  }
  const auto body_bytes = SourceBody::size(request_.body());
  if (body_bytes_sent_ < body_bytes) {
    return Error{ErrorCode::kCancelled, "the server closed the connection after " +
                                            std::to_string(body_bytes_sent_) + " of " +
                                            std::to_string(body_bytes) + " bytes were sent"};
  }
  return Error{ErrorCode::kCancelled, "the server closed the connection without a full answer"};
}

}  // namespace

Result<HttpAnswer> SendHttpRequest(const ServerUrl& url, const HttpRequest& request,
                                   RequestBody& body, const HttpOptions& options) {
  return Exchange(TRY(ToSend(url, request, body)), options).Run(url);
}

}  // namespace arc::cli
