// A TLS server's end: any bytes fail or wait, however they are cut; a client's bytes of which one
// was changed on the way are never taken for others.

#include <algorithm>

#include "foundation/tls/session.h"
#include "foundation/tls/test_certificate.h"
#include "fuzzing.h"

namespace {

using arc::fuzzing::Require;
using arc::tls::Session;
using Outcome = Session::Outcome;

const arc::tls::TestCertificate& Certificate() {
  static const auto certificate = arc::tls::MakeTestCertificate();
  return certificate;
}

Session NewServer() {
  static const auto context = arc::tls::ServerOf(Certificate());
  return Session(context);
}

void FeedBytes(std::string_view bytes, std::size_t piece) {
  auto server = NewServer();
  auto outcome = server.Handshake();
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    server.Receive(bytes.substr(0, piece));
    const bool has_failed = outcome == Outcome::kFailed;
    outcome = server.Handshake();
    Require(outcome != Outcome::kDone, "a handshake with nobody");
    Require(!has_failed || outcome == Outcome::kFailed, "a failure that was forgotten");
    char byte;
    Require(server.Read({&byte, 1}).outcome != Outcome::kDone, "bytes of nobody");
    server.Sent(server.unsent().size());
  }
}

// Changes the byte at `position` of all that the client sends.
class Tamperer {
 public:
  Tamperer(std::size_t position, char change) : position_(position), change_(change) {}

  void Carry(Session& client, Session& server) {
    std::string bytes(client.unsent());
    client.Sent(bytes.size());
    if (position_ >= carried_ && position_ - carried_ < bytes.size()) {
      bytes[position_ - carried_] ^= change_;
    }
    carried_ += bytes.size();
    server.Receive(bytes);
  }

 private:
  const std::size_t position_;
  const char change_;
  std::size_t carried_ = 0;
};

void TamperWith(std::string_view message, std::size_t position, char change) {
  static const auto trust = arc::tls::ClientThatTrusts(Certificate());
  auto server = NewServer();
  Session client(trust, "localhost");
  Tamperer tamperer(position, change);
  for (int i = 0; i < 10; i++) {
    client.Handshake();
    tamperer.Carry(client, server);
    server.Handshake();
    client.Receive(server.unsent());
    server.Sent(server.unsent().size());
  }
  client.Write(message);
  tamperer.Carry(client, server);
  std::string read(message.size() + 1, '\0');
  const auto outcome = server.Read(read);
  if (outcome.outcome != Outcome::kDone) return;
  Require(message.substr(0, outcome.byte_count) == read.substr(0, outcome.byte_count),
          "other bytes than were sent");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const auto bytes = arc::fuzzing::TextOf(data, size);
  FeedBytes(bytes.substr(1), std::max<std::size_t>(1, data[0]));
  const auto position = static_cast<std::size_t>(data[1]) << 8 | data[2];
  TamperWith(bytes.substr(4), position, static_cast<char>(data[3]));
  return 0;
}
