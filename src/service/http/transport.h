// A client's connection as bytes, plain or under TLS. Internal to the server: includes Asio.
//
// All calls come from the thread of the connection's I/O loop; nothing here locks.
// - Before Handshake the socket is connected and nothing was read. After kDone bytes go both ways.
//   After kFailed there is only Close. After kPlainHttp nothing was answered: DropTls, and the
//   answer goes out in plain.
// - Read and Write come one at a time: TLS has one state for both ways, and a read may have to
//   send. An error other than that of Cancel leaves nothing to go on with.
// - Cancel ends the one under way with an error. The connection stays whole: an answer (408) can
//   still be written.
// - Peek comes when neither is under way. Under TLS it takes from the socket what it must decrypt;
//   the next Read brings that.
// - Finish comes instead of a Write: then bytes are only drained. Close and Reset come at any time.
//   All three ignore errors: nobody is left who could act on them.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "foundation/tls/session.h"

namespace arc::http {

class Transport {
 public:
  using Error = boost::system::error_code;
  using Socket = boost::asio::ip::tcp::socket;
  using Pieces = std::array<boost::asio::const_buffer, 2>;

  enum class HandshakeResult {
    kDone,
    kPlainHttp,  // the client speaks HTTP without TLS, and can be told so: see DropTls
    kFailed,
  };
  enum class Peeked {
    kNothing,
    kBytes,  // there is something to read
    kGone,   // nothing will come any more
  };

  // Under TLS if there is a context.
  Transport(Socket socket, std::shared_ptr<const tls::Context> context);

  bool is_secure() const { return session_.has_value(); }
  Socket::executor_type get_executor() { return socket_.get_executor(); }

  // Under TLS the handshake, before anything else; else nothing.
  boost::asio::awaitable<HandshakeResult> Handshake();
  // Why the handshake has failed.
  const std::string& failure() const { return session_->failure(); }
  // Bytes go out, and come in, as they are from here on.
  void DropTls() { session_.reset(); }

  // At least one byte, or `error` is set. `target` stays as it is until then.
  boost::asio::awaitable<std::size_t> Read(boost::asio::mutable_buffer target, Error& error);
  // How many of the bytes have gone; 0 without an error is progress as well: call again with the
  // same bytes.
  boost::asio::awaitable<std::size_t> Write(Pieces pieces, Error& error);

  // Calls when it is worth to Peek().
  template <class Handler>
  void WaitReadable(Handler handler) {
    socket_.async_wait(Socket::wait_read, std::move(handler));
  }
  // What a read would find; takes no byte that a read would bring.
  Peeked Peek();

  // Ends what is under way with an error.
  void Cancel();
  // Says that nothing more comes. What still does can be read, but is not to be understood.
  boost::asio::awaitable<void> Finish();
  // Closes; tells TLS so if nothing is being sent and the socket takes it at once.
  void Close();
  // Closes so that the client cannot take what it has for complete.
  void Reset();

 private:
  enum class Received { kBytes, kNothing, kEnd, kBroken };

  boost::asio::awaitable<std::size_t> ReadDecrypted(boost::asio::mutable_buffer target,
                                                    Error& error);
  boost::asio::awaitable<std::size_t> WriteEncrypted(Pieces pieces, Error& error);
  boost::asio::awaitable<void> SendAll(Error& error);
  boost::asio::awaitable<void> AwaitBytes(Error& error);
  // Lets the others on this thread have their turn.
  boost::asio::awaitable<void> Yield();
  Received Receive();

  Socket socket_;
  std::optional<tls::Session> session_;  // empty: plain
  std::size_t encrypted_bytes_ = 0;      // of the last Write, not all sent yet
  std::size_t bytes_since_yield_ = 0;    // received since the loop had its turn
  bool is_cancelled_ = false;            // since the read or write under way began
};

}  // namespace arc::http
