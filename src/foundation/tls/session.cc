#include "foundation/tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "foundation/base/allocated.h"
#include "foundation/tls/client.h"
#include "foundation/tls/openssl_error.h"

namespace arc::tls {
namespace {

SSL* NewSession(const Context& context, Wire& wire) {
  BIO* const bio = NewBio(wire);
  SSL* const session = SSL_new(context.get());
  if (session == nullptr) BIO_free(bio);
  (void)Allocated(session);
  SSL_set_bio(session, bio, bio);  // the session owns it now, once for both directions
  return session;
}

}  // namespace

void Session::Free::operator()(SSL* session) const { SSL_free(session); }

Session::Session(std::shared_ptr<const Context> context)
    : context_(std::move(context)), session_(NewSession(*context_, wire_)) {
  SSL_set_accept_state(session_.get());
}

Session::Session(std::shared_ptr<const Context> context, const std::string& host)
    : context_(std::move(context)), session_(NewSession(*context_, wire_)) {
  SSL_set_connect_state(session_.get());
  ExpectHost(*session_, host);
}

Session::Outcome Session::OutcomeOf(int returned) {
  if (returned > 0) return Outcome::kDone;
  const int kind = SSL_get_error(session_.get(), returned);
  if (kind == SSL_ERROR_WANT_READ) return Outcome::kWantsBytes;
  if (kind == SSL_ERROR_ZERO_RETURN) return Outcome::kClosed;
  failure_ = TakeOpensslError();
  const auto disbelief = Disbelief(*session_);
  if (!disbelief.empty()) failure_ += ": " + disbelief;
  return Outcome::kFailed;
}

void Session::Receive(std::string_view bytes) {
  constexpr std::size_t kLongestMethodBytes = 8;  // "OPTIONS ", "CONNECT "
  if (first_bytes_.size() < kLongestMethodBytes) {
    first_bytes_ += bytes.substr(0, kLongestMethodBytes - first_bytes_.size());
  }
  wire_.received.Append(bytes);
}

bool Session::got_plain_http() const {
  const auto letters = first_bytes_.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  if (letters == std::string::npos) return !first_bytes_.empty();
  return letters > 0 && first_bytes_[letters] == ' ';
}

// OpenSSL's queue of errors belongs to the thread. An entry that an earlier call left there would
// be taken for the outcome of this one, so each call begins with an empty queue.

Session::Outcome Session::Handshake() {
  ERR_clear_error();
  return OutcomeOf(SSL_do_handshake(session_.get()));
}

Session::Transfer Session::Read(std::span<char> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {  // a call brings one record at most
    ERR_clear_error();
    std::size_t byte_count = 0;
    const auto outcome = OutcomeOf(
        SSL_read_ex(session_.get(), target.data() + filled, target.size() - filled, &byte_count));
    if (outcome == Outcome::kDone) {
      filled += byte_count;
    } else if (filled > 0) {
      break;  // the next call says it again
    } else {
      return {outcome};
    }
  }
  return {Outcome::kDone, filled};
}

Session::Outcome Session::Peek() {
  ERR_clear_error();
  char byte;
  std::size_t byte_count = 0;
  return OutcomeOf(SSL_peek_ex(session_.get(), &byte, 1, &byte_count));
}

Session::Outcome Session::Write(std::string_view bytes) {
  if (bytes.empty()) return Outcome::kDone;  // OpenSSL cannot write an empty record
  ERR_clear_error();
  std::size_t byte_count = 0;
  return OutcomeOf(SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &byte_count));
}

void Session::Close() {
  ERR_clear_error();
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

}  // namespace arc::tls
