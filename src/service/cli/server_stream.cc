#include "service/cli/server_stream.h"

#include <utility>

#include <boost/asio/error.hpp>

#include "foundation/tls/client.h"

namespace arc::cli {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Error NoServer(const ServerUrl& url, const error_code& error) {
  return Error{ErrorCode::kNotFound, "cannot connect to " + url.Origin() + ": " + error.message()};
}

Error NoTls(const ServerUrl& url, const std::string& reason) {
  return Error{ErrorCode::kInvalidInput, "cannot speak TLS with " + url.Origin() + ": " + reason};
}

}  // namespace

Result<std::unique_ptr<ServerStream>> ServerStream::Open(asio::io_context& loop,
                                                         const ServerUrl& url,
                                                         const std::string& trusted_pem,
                                                         std::chrono::milliseconds timeout) {
  std::shared_ptr<const tls::Context> context;
  if (url.is_https) context = TRY(tls::Context::OfClient(trusted_pem));
  std::unique_ptr<ServerStream> stream(new ServerStream(loop, timeout));
  TRY(stream->Connect(url));
  if (context) TRY(stream->Secure(url, *context));
  return stream;
}

template <class Start>
error_code ServerStream::Await(Start start) {
  std::optional<error_code> outcome;
  start([&outcome](error_code error) { outcome = error; });
  loop_.restart();
  loop_.run_for(timeout_);
  if (outcome) return *outcome;
  error_code ignored;
  socket_.close(ignored);
  loop_.run();  // the operation ends, and forgets `outcome`
  return asio::error::timed_out;
}

Result<void> ServerStream::Connect(const ServerUrl& url) {
  error_code error;
  const auto addresses = asio::ip::tcp::resolver(loop_).resolve(url.host, url.port, error);
  for (const auto& address : addresses) {
    error_code ignored;
    socket_.close(ignored);
    error = Await([&](auto then) { socket_.async_connect(address, std::move(then)); });
    if (!error) return {};
  }
  return NoServer(url, error);
}

Result<void> ServerStream::Secure(const ServerUrl& url, const tls::Context& context) {
  secured_.emplace(socket_, tls::NewClient(context, url.host));
  const auto error =
      Await([this](auto then) { secured_->async_handshake(asio::ssl::stream_base::client, then); });
  if (!error) return {};
  if (error == asio::error::timed_out) return NoTls(url, "the server did not answer in time");
  if (error.category() != asio::error::get_ssl_category()) {
    return NoTls(url, "the server closed the connection: does it speak TLS?");
  }
  const auto disbelief = tls::Disbelief(*secured_->native_handle());
  if (disbelief.empty()) return NoTls(url, error.message());
  return NoTls(url,
               error.message() + ": " + disbelief + " (--ca-file names the certificate to trust)");
}

}  // namespace arc::cli
