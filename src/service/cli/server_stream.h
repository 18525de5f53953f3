// A connection to a server, plain or under TLS. Internal to the client: includes Asio.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "foundation/base/result.h"
#include "foundation/tls/context.h"
#include "service/cli/server_url.h"

namespace arc::cli {

// Threads: one, which runs `loop`. The loop must outlive the stream.
class ServerStream {
 public:
  // Under TLS for https: the server must show a certificate for the url's host that `trusted_pem`
  // leads to (empty: what the system trusts). Tries every address of the host, each as long as
  // `timeout`, and so long once more for the handshake. Fails with kNotFound when nobody listens,
  // kInvalidInput where TLS cannot be agreed upon or the server is not believed.
  static Result<std::unique_ptr<ServerStream>> Open(boost::asio::io_context& loop,
                                                    const ServerUrl& url,
                                                    const std::string& trusted_pem,
                                                    std::chrono::milliseconds timeout);

  // Calls `use` with the stream of Asio that reads and writes.
  template <class Use>
  void With(Use use) {
    secured_ ? use(*secured_) : use(socket_);
  }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  ServerStream(boost::asio::io_context& loop, std::chrono::milliseconds timeout)
      : loop_(loop), timeout_(timeout), socket_(loop) {}

  Result<void> Connect(const ServerUrl& url);
  Result<void> Secure(const ServerUrl& url, const tls::Context& context);
  // What the operation ends with that `start` begins; timed_out if it does not.
  template <class Start>
  boost::system::error_code Await(Start start);

  boost::asio::io_context& loop_;
  const std::chrono::milliseconds timeout_;
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> secured_;
};

}  // namespace arc::cli
