#include "service/cli/server_channel.h"

#include <algorithm>
#include <array>
#include <utility>

namespace arc::cli {
namespace {

using Outcome = TcpConnection::Outcome;
using TlsOutcome = tls::Session::Outcome;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kTransferBytes = 64 * 1024;

Error NoTls(const ServerUrl& url, const std::string& reason) {
  return Error{ErrorCode::kInvalidInput, "cannot speak TLS with " + url.Origin() + ": " + reason +
                                             (reason.find("verify") == reason.npos
                                                  ? ""
                                                  : " (--ca-file names the certificate to trust)")};
}

}  // namespace

Result<ServerChannel> ServerChannel::Open(const ServerUrl& url, const std::string& trusted_pem,
                                          std::chrono::milliseconds timeout) {
  std::shared_ptr<const tls::Context> context;
  if (url.is_https) context = TRY(tls::Context::OfClient(trusted_pem));
  ServerChannel channel(TRY(TcpConnection::Open(url, timeout)));
  if (context) {
    channel.session_ = std::make_unique<tls::Session>(std::move(context), url.host);
    TRY(channel.ShakeHands(url, timeout));
  }
  return channel;
}

Result<void> ServerChannel::ShakeHands(const ServerUrl& url, std::chrono::milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  for (;;) {
    const auto outcome = session_->Handshake();
    const bool is_sent = SendUnsent() == Outcome::kDone;
    if (outcome == TlsOutcome::kFailed) return NoTls(url, session_->failure());
    if (outcome == TlsOutcome::kDone && !HasUnsent()) return {};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return NoTls(url, "the server did not answer in time");
    const auto ready = connection_.Wait(HasUnsent(), left);
    if (!is_sent || (ready.can_read && ReceiveEncrypted().outcome != Outcome::kDone)) {
      return NoTls(url, "the server closed the connection: does it speak TLS?");
    }
  }
}

ServerChannel::Readiness ServerChannel::Wait(bool wants_write, std::chrono::milliseconds timeout) {
  if (!session_) return connection_.Wait(wants_write, timeout);
  if (session_->Peek() != TlsOutcome::kWantsBytes) return {.can_read = true};
  auto ready = connection_.Wait(wants_write || HasUnsent(), timeout);
  if (ready.can_write && HasUnsent()) {
    SendUnsent();  // a failure shows again when the answer is read
    ready.can_write = !HasUnsent();
  }
  return ready;
}

ServerChannel::Transfer ServerChannel::Receive(std::span<char> buffer) {
  if (!session_) return connection_.Receive(buffer);
  auto read = session_->Read(buffer);
  if (read.outcome == TlsOutcome::kWantsBytes) {
    const auto received = ReceiveEncrypted();
    // The end without a goodbye may not be that of an answer.
    if (received.outcome != Outcome::kDone) return {Outcome::kBroken};
    read = session_->Read(buffer);
    SendUnsent();
  }
  if (read.outcome == TlsOutcome::kDone) return {Outcome::kDone, read.byte_count};
  if (read.outcome == TlsOutcome::kClosed) return {Outcome::kClosed};
  return {read.outcome == TlsOutcome::kWantsBytes ? Outcome::kDone : Outcome::kBroken};
}

// What TLS has taken counts as sent; the socket may take it later, in Wait.
ServerChannel::Transfer ServerChannel::Send(std::span<const char> bytes) {
  if (!session_) return connection_.Send(bytes);
  const auto piece = bytes.first(std::min(bytes.size(), kTransferBytes));
  if (session_->Write({piece.data(), piece.size()}) != TlsOutcome::kDone) return {Outcome::kBroken};
  return {SendUnsent(), piece.size()};
}

Outcome ServerChannel::SendUnsent() {
  while (HasUnsent()) {
    const auto sent = connection_.Send(session_->unsent());
    if (sent.outcome != Outcome::kDone || sent.bytes == 0) return sent.outcome;
    session_->Sent(sent.bytes);
  }
  return Outcome::kDone;
}

ServerChannel::Transfer ServerChannel::ReceiveEncrypted() {
  std::array<char, kTransferBytes> buffer;
  const auto received = connection_.Receive(buffer);
  if (received.outcome == Outcome::kDone) session_->Receive({buffer.data(), received.bytes});
  return received;
}

}  // namespace arc::cli
