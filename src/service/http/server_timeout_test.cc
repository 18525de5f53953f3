// Clients that are slow, and clients that leave.

#include <gmock/gmock.h>

#include <string>

#include "service/http/test_server.h"

namespace arc::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

ServerOptions ShortTimeout(milliseconds ServerOptions::*timeout) {
  ServerOptions options = TestServer::Options();
  options.*timeout = milliseconds(40);
  return options;
}

TEST(ServerTimeouts, HeaderThatTricklesIn) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))},
                    ShortTimeout(&ServerOptions::read_timeout));
  TestClient client = server.Connect();
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nName: ");
  // Bytes keep coming, but the header never ends.
  for (int i = 0; i < 5000 && !client.HasInputWithin(2); i++) client.Send("x");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_THAT(answer.body, HasSubstr("header did not arrive in time"));
  EXPECT_TRUE(client.WaitForEnd());
}

TEST(ServerTimeouts, ConnectionThatSaysNothing) {
  TestServer server({}, ShortTimeout(&ServerOptions::read_timeout));
  TestClient client = server.Connect();
  EXPECT_TRUE(client.IsClosedCleanly());
}

TEST(ServerTimeouts, BodyThatStops) {
  TestServer server({OpenRoute("POST", "/e", Echo)}, ShortTimeout(&ServerOptions::read_timeout));
  TestClient client = server.Connect();
  client.Send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_THAT(answer.body, HasSubstr("body stopped arriving"));
  EXPECT_TRUE(client.IsClosedCleanly());
}

// Slower than the timeout as a whole, but never as long without a byte.
TEST(ServerTimeouts, BodyThatKeepsComingIsRead) {
  ServerOptions options = TestServer::Options();
  options.read_timeout = milliseconds(400);
  TestServer server({OpenRoute("POST", "/e", Echo)}, options);
  TestClient client = server.Connect();
  client.Send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n");
  for (int i = 0; i < 60; i++) {
    client.Send("x");
    ASSERT_TRUE(i == 59 || !client.HasInputWithin(10));
  }
  EXPECT_EQ(client.Read().body, std::string(60, 'x'));
}

TEST(ServerTimeouts, IdleConnection) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))},
                    ShortTimeout(&ServerOptions::idle_timeout));
  TestClient client = server.Connect();
  EXPECT_EQ(client.Get("/").body, "hi");
  EXPECT_TRUE(client.IsClosedCleanly());
}

TEST(ServerTimeouts, HandlerMayTakeLongerThanAllOfThem) {
  Held held;
  ServerOptions options = TestServer::Options();
  options.read_timeout = options.write_timeout = options.idle_timeout = milliseconds(20);
  TestServer server({OpenRoute("GET", "/", held.AsHandler())}, options);
  TestClient client = server.Connect();
  client.SendRequest("GET /");
  auto items = held.Take(1);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_FALSE(client.HasInputWithin(100));
  items[0].second.Send({.body = "late"});
  EXPECT_EQ(client.Read().body, "late");
}

TEST(ServerTimeouts, ClientThatDoesNotReadItsAnswer) {
  constexpr std::size_t kBytes = 64 << 20;  // more than the socket's buffers take
  TestServer server({OpenRoute("GET", "/", AnswerText(std::string(kBytes, 'x')))},
                    ShortTimeout(&ServerOptions::write_timeout));
  TestClient client = server.Connect();
  client.SendRequest("GET /");
  ASSERT_TRUE(client.HasInputWithin(10'000));
  EXPECT_TRUE(server->Drain(std::chrono::seconds(10)));
  EXPECT_LT(client.Read().body.size(), kBytes);
}

TEST(ServerDisconnects, InTheMiddleOfARequest) {
  TestServer server({OpenRoute("POST", "/e", Echo)});
  const std::string request =
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < request.size(); size++) {
    TestClient client = server.Connect();
    client.Send(request.substr(0, size));
    size % 2 == 0 ? client.Close() : client.Reset();
  }
  TestClient client = server.Connect();
  client.Send(request);
  EXPECT_EQ(client.Read().body, "hello");
}

TEST(ServerDisconnects, WhileTheHandlerWorks) {
  Held held;
  TestServer server(
      {OpenRoute("GET", "/held", held.AsHandler()), OpenRoute("GET", "/", AnswerText("hi"))});
  for (int i = 0; i < 20; i++) {
    TestClient client = server.Connect();
    client.SendRequest("GET /held");
    auto items = held.Take(1);
    ASSERT_EQ(items.size(), 1u);
    client.Reset();
    items[0].second.Send({.body = std::string(100'000, 'x')});
  }
  EXPECT_TRUE(server->Drain(std::chrono::seconds(10)));
  EXPECT_EQ(server.Connect().Get("/").body, "hi");
}

}  // namespace
}  // namespace arc::http
