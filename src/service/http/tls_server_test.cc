// What is different under TLS; everything else is what the other tests are run with once more.

#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "service/http/test_server.h"

namespace arc::http {
namespace {

using ::testing::HasSubstr;

class TlsServerTest : public ::testing::Test {
 protected:
  static std::vector<Route> Routes() {
    return {OpenRoute("GET", "/hello", AnswerText("hello")), OpenRoute("POST", "/echo", Echo)};
  }

  TestServer server_{Routes(), TestServer::Options(), TestServer::Scheme::kHttps};
};

TEST_F(TlsServerTest, AnswersTellBrowsersToStayWithTls) {
  auto client = server_.Connect();
  EXPECT_EQ(client.Get("/hello").headers.at("strict-transport-security"),
            "max-age=31536000; includeSubDomains");
}

TEST_F(TlsServerTest, ARequestWithoutTlsHearsWhatToDo) {
  auto client = server_.ConnectPlain();
  const auto answer = client.Get("/hello");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("https://"));
  EXPECT_EQ(answer.headers.count("strict-transport-security"), 0u);
  EXPECT_TRUE(client.IsClosedCleanly());
  EXPECT_THAT(server_.metrics().PrometheusText(),
              HasSubstr("arc_tls_handshake_failures_total 1\n"));
}

TEST_F(TlsServerTest, BytesThatAreNoTlsEndTheConnection) {
  auto client = server_.ConnectPlain();
  client.Send("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(TlsServerTest, AClientThatDoesNotTrustTheServerGoesAndLeavesNothing) {
  const auto stranger = tls::ClientThatTrusts(tls::MakeTestCertificate());
  EXPECT_FALSE(TestClient(server_->port(), stranger).is_connected());
  EXPECT_TRUE(Eventually([&] {
    return server_.metrics().PrometheusText().find("arc_tls_handshake_failures_total 1\n") !=
           std::string::npos;
  }));
}

TEST_F(TlsServerTest, OldConnectionsGoOnAfterAReload) {
  auto old = server_.Connect();
  ASSERT_EQ(old.Get("/hello").body, "hello");
  server_.Certify();
  EXPECT_EQ(old.Get("/hello").body, "hello");
  EXPECT_EQ(server_.Connect().Get("/hello").body, "hello");
}

TEST_F(TlsServerTest, ReloadsWhileClientsComeAndGo) {
  std::vector<std::thread> clients;
  std::atomic<int> answered{0}, running{4};
  for (int i = 0; i < 4; i++) {
    clients.emplace_back([this, &answered, &running] {
      for (int j = 0; j < 50; j++) {
        auto client = server_.Connect();
        if (client.Get("/hello").body == "hello") answered++;
      }
      running--;
    });
  }
  while (running > 0) EXPECT_TRUE(server_.certificate().Reload().ok());
  for (auto& client : clients) client.join();
  EXPECT_EQ(answered, 200);
}

TEST_F(TlsServerTest, LargeBodiesGoThroughWholeAndInOrder) {
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); i++) body[i] = static_cast<char>(i * 31 >> 3);
  auto client = server_.Connect();
  client.SendPost("/echo", body);
  EXPECT_EQ(client.Read().body, body);
}

}  // namespace
}  // namespace arc::http
