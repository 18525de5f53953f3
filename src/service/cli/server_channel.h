// A connection to a server, plain or under TLS: the calls of a TcpConnection.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "foundation/base/result.h"
#include "foundation/tls/session.h"
#include "service/cli/server_url.h"
#include "service/cli/tcp_connection.h"

namespace arc::cli {

// Threads: one.
class ServerChannel {
 public:
  using Readiness = TcpConnection::Readiness;
  using Transfer = TcpConnection::Transfer;

  // Under TLS for https: the server must show a certificate for the url's host that `trusted_pem`
  // leads to (empty: what the system trusts). Blocks as TcpConnection::Open does, and once more so
  // long for the handshake. Fails with kNotFound when nobody listens, kInvalidInput where TLS
  // cannot be agreed upon or the server is not believed.
  static Result<ServerChannel> Open(const ServerUrl& url, const std::string& trusted_pem,
                                    std::chrono::milliseconds timeout);

  Readiness Wait(bool wants_write, std::chrono::milliseconds timeout);
  Transfer Receive(std::span<char> buffer);
  Transfer Send(std::span<const char> bytes);

 private:
  explicit ServerChannel(TcpConnection connection) : connection_(std::move(connection)) {}

  Result<void> ShakeHands(const ServerUrl& url, std::chrono::milliseconds timeout);
  // As much of what is encrypted as the socket takes.
  TcpConnection::Outcome SendUnsent();
  Transfer ReceiveEncrypted();
  bool HasUnsent() const { return session_ != nullptr && !session_->unsent().empty(); }

  TcpConnection connection_;
  std::unique_ptr<tls::Session> session_;  // null: plain
};

}  // namespace arc::cli
