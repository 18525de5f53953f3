#include "foundation/tls/session.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <random>
#include <string>

#include "foundation/tls/test_certificate.h"

namespace arc::tls {
namespace {

using Outcome = Session::Outcome;
using ::testing::HasSubstr;

// Carries the unsent bytes of one side to the other, some at a time; false when there were no
// bytes.
bool Carry(Session& from, Session& to, std::size_t bytes_max = SIZE_MAX) {
  const auto bytes = from.unsent().substr(0, bytes_max);
  to.Receive(bytes);
  from.Sent(bytes.size());
  return !bytes.empty();
}

struct Outcomes {
  Outcome client, server;
};

// Carries until both sides have nothing more to send.
Outcomes ShakeHands(Session& client, Session& server, std::size_t bytes_max = SIZE_MAX) {
  Outcomes outcomes{client.Handshake(), Outcome::kWantsBytes};
  bool was_carried = true;
  while (was_carried) {
    was_carried = Carry(client, server, bytes_max);
    if (outcomes.server == Outcome::kWantsBytes) outcomes.server = server.Handshake();
    was_carried |= Carry(server, client, bytes_max);
    if (outcomes.client == Outcome::kWantsBytes) outcomes.client = client.Handshake();
  }
  return outcomes;
}

// All that can be read.
std::string ReadAll(Session& session, std::size_t bytes_max = 4096) {
  std::string all, piece(bytes_max, '\0');
  for (;;) {
    const auto read = session.Read(piece);
    if (read.outcome != Outcome::kDone) return all;
    all.append(piece, 0, read.byte_count);
  }
}

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto outcomes = ShakeHands(client_, server_);
    ASSERT_EQ(outcomes.client, Outcome::kDone) << client_.failure();
    ASSERT_EQ(outcomes.server, Outcome::kDone) << server_.failure();
  }

  const TestCertificate certificate_ = MakeTestCertificate();
  Session server_{ServerOf(certificate_)};
  Session client_{ClientThatTrusts(certificate_), "localhost"};
};

TEST_F(SessionTest, CarriesBytesBothWays) {
  ASSERT_EQ(client_.Write("a question"), Outcome::kDone);
  EXPECT_THAT(client_.unsent(), ::testing::Not(HasSubstr("question")));
  Carry(client_, server_);
  EXPECT_EQ(server_.Peek(), Outcome::kDone);
  EXPECT_EQ(ReadAll(server_), "a question");
  EXPECT_EQ(server_.Peek(), Outcome::kWantsBytes);
  ASSERT_EQ(server_.Write("an "), Outcome::kDone);
  ASSERT_EQ(server_.Write(""), Outcome::kDone);
  ASSERT_EQ(server_.Write("answer"), Outcome::kDone);
  Carry(server_, client_);
  EXPECT_EQ(ReadAll(client_, 4), "an answer");
}

TEST_F(SessionTest, ManyRecordsAreReadAtOnceOrByteByByte) {
  std::string text(200'000, '\0');
  for (std::size_t i = 0; i < text.size(); i++) text[i] = static_cast<char>(i * 7);
  ASSERT_EQ(client_.Write(text), Outcome::kDone);
  Carry(client_, server_);
  std::string read(text.size(), '\0');
  EXPECT_EQ(server_.Read(read).byte_count, text.size());
  EXPECT_EQ(read, text);
  ASSERT_EQ(client_.Write(text.substr(0, 20'000)), Outcome::kDone);
  std::string piecewise;
  while (Carry(client_, server_, 1)) piecewise += ReadAll(server_, 1);
  EXPECT_EQ(piecewise, text.substr(0, 20'000));
}

TEST_F(SessionTest, TheEndIsToldFromSilence) {
  client_.Write("the last words");
  client_.Close();
  Carry(client_, server_);
  EXPECT_EQ(ReadAll(server_), "the last words");
  char byte;
  EXPECT_EQ(server_.Read({&byte, 1}).outcome, Outcome::kClosed);
  EXPECT_EQ(server_.Peek(), Outcome::kClosed);
  // The other direction is open still.
  EXPECT_EQ(server_.Write("bye"), Outcome::kDone);
}

TEST_F(SessionTest, AChangedByteEndsTheConnectionWithAnAlert) {
  client_.Write("pay 10");
  std::string bytes(client_.unsent());
  client_.Sent(bytes.size());
  bytes[bytes.size() / 2] ^= 1;
  server_.Receive(bytes);
  char byte;
  EXPECT_EQ(server_.Read({&byte, 1}).outcome, Outcome::kFailed);
  EXPECT_FALSE(server_.failure().empty());
  EXPECT_TRUE(Carry(server_, client_));
  EXPECT_EQ(client_.Read({&byte, 1}).outcome, Outcome::kFailed);
  EXPECT_THAT(client_.failure(), HasSubstr("bad record mac"));
}

TEST(SessionHandshakeTest, WorksHoweverTheBytesAreCut) {
  const auto certificate = MakeTestCertificate();
  for (const std::size_t bytes_max : {1, 2, 5, 6, 100}) {
    Session server(ServerOf(certificate));
    Session client(ClientThatTrusts(certificate), "127.0.0.1");
    const auto outcomes = ShakeHands(client, server, bytes_max);
    EXPECT_EQ(outcomes.client, Outcome::kDone) << bytes_max;
    EXPECT_EQ(outcomes.server, Outcome::kDone) << bytes_max;
  }
}

TEST(SessionHandshakeTest, EveryPrefixOfAHandshakeWaitsForMore) {
  const auto certificate = MakeTestCertificate();
  Session client(ClientThatTrusts(certificate), "localhost");
  ASSERT_EQ(client.Handshake(), Outcome::kWantsBytes);
  const std::string hello(client.unsent());
  for (std::size_t size = 0; size < hello.size(); size++) {
    Session server(ServerOf(certificate));
    server.Receive(std::string_view(hello).substr(0, size));
    ASSERT_EQ(server.Handshake(), Outcome::kWantsBytes) << size;
  }
}

TEST(SessionHandshakeTest, RandomBytesFailOrWait) {
  const auto context = ServerOf(MakeTestCertificate());
  const auto seed = std::random_device()();
  std::mt19937 random(seed);
  SCOPED_TRACE(seed);
  for (int i = 0; i < 2'000; i++) {
    Session server(context);
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (i % 2 == 0 && bytes.size() > 5) bytes.replace(0, 5, std::string("\x16\x03\x01\0\x80", 5));
    server.Receive(bytes);
    const auto outcome = server.Handshake();
    ASSERT_TRUE(outcome == Outcome::kFailed || outcome == Outcome::kWantsBytes);
  }
}

TEST(SessionHandshakeTest, PlainHttpIsRecognised) {
  for (const char* method : {"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"}) {
    Session server(ServerOf(MakeTestCertificate()));
    server.Receive(std::string(method) + " /health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(server.Handshake(), Outcome::kFailed);
    EXPECT_TRUE(server.got_plain_http()) << method;
  }
  Session other(ServerOf(MakeTestCertificate()));
  other.Receive("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(other.Handshake(), Outcome::kFailed);
  EXPECT_FALSE(other.got_plain_http());
}

std::string ClientsComplaint(const TestCertificate& shown, const TestCertificate& trusted,
                             const std::string& host) {
  Session server(ServerOf(shown));
  Session client(ClientThatTrusts(trusted), host);
  const auto outcomes = ShakeHands(client, server);
  if (outcomes.client != Outcome::kDone) {
    EXPECT_EQ(outcomes.server == Outcome::kDone ? server.Peek() : outcomes.server,
              Outcome::kFailed);
  }
  return outcomes.client == Outcome::kDone ? "none" : client.failure();
}

TEST(SessionHandshakeTest, AClientBelievesOnlyWhomItShould) {
  const auto authority = MakeTestCertificate({.is_authority = true});
  const auto of_authority = MakeTestCertificate({.issuer = &authority});
  const auto stranger = MakeTestCertificate();
  EXPECT_EQ(ClientsComplaint(of_authority, authority, "localhost"), "none");
  EXPECT_EQ(ClientsComplaint(of_authority, authority, "127.0.0.1"), "none");
  EXPECT_EQ(ClientsComplaint(of_authority, of_authority, "localhost"), "none");
  EXPECT_THAT(ClientsComplaint(stranger, authority, "localhost"),
              HasSubstr("certificate verify failed"));
  EXPECT_THAT(ClientsComplaint(of_authority, authority, "example.com"), HasSubstr("mismatch"));
  EXPECT_THAT(ClientsComplaint(of_authority, authority, "127.0.0.2"), HasSubstr("mismatch"));
  const auto expired =
      MakeTestCertificate({.valid_for = std::chrono::seconds(-10), .issuer = &authority});
  EXPECT_THAT(ClientsComplaint(expired, authority, "localhost"), HasSubstr("expired"));
}

// A context of OpenSSL's own defaults, for clients that ours would not be.
using RawContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Outcome AnswerToHello(SSL_CTX* client_context) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(client_context), SSL_free);
  BIO* const to_server = BIO_new(BIO_s_mem());
  SSL_set_bio(client.get(), BIO_new(BIO_s_mem()), to_server);
  SSL_connect(client.get());
  Session server(ServerOf(MakeTestCertificate()));
  server.Receive(test_certificate_detail::TextOf(to_server));
  return server.Handshake();
}

TEST(SessionHandshakeTest, OldProtocolsAndCiphersWithoutForwardSecrecyAreRefused) {
  const RawContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  EXPECT_EQ(AnswerToHello(context.get()), Outcome::kWantsBytes) << "goes on";
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  EXPECT_EQ(AnswerToHello(context.get()), Outcome::kWantsBytes) << "goes on";
  SSL_CTX_set_cipher_list(context.get(), "AES128-GCM-SHA256");
  EXPECT_EQ(AnswerToHello(context.get()), Outcome::kFailed);
  SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  EXPECT_EQ(AnswerToHello(context.get()), Outcome::kFailed);
}

TEST(ByteQueueTest, GivesTheMemoryOfABurstBack) {
  ByteQueue queue;
  const auto idle = queue.capacity();
  queue.Append(std::string(1 << 20, 'x'));
  queue.Take(1'000'000);
  EXPECT_EQ(queue.front().size(), (1u << 20) - 1'000'000);
  queue.Append("y");
  EXPECT_EQ(queue.front().back(), 'y');
  queue.Take(queue.front().size());
  EXPECT_EQ(queue.front(), "");
  EXPECT_EQ(queue.capacity(), idle);
}

}  // namespace
}  // namespace arc::tls
