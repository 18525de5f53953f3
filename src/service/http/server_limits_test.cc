// What the server refuses, and how.

#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "service/http/test_server.h"

namespace arc::http {
namespace {

using ::testing::HasSubstr;

ServerOptions SmallLimits() {
  ServerOptions options = TestServer::Options();
  options.header_bytes_max = 2000;
  options.body_bytes_max = 1000;
  options.inflight_body_bytes_max = 1500;
  options.spooled_body_bytes_max = 3'000'000;
  return options;
}

TEST(ServerLimits, HeaderTooLarge) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))}, SmallLimits());
  TestClient client = server.Connect();
  client.SendRequest("GET /", "Name: " + std::string(3000, 'x') + "\r\n");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 431);
  EXPECT_THAT(answer.body, HasSubstr("limit of 2000 bytes"));
  EXPECT_TRUE(client.IsClosedCleanly());
}

TEST(ServerLimits, AnnouncedBodyTooLarge) {
  TestServer server({OpenRoute("POST", "/e", Echo)}, SmallLimits());
  TestClient client = server.Connect();
  client.Send(
      "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr(R"({"error":"Request body is larger than the limit of 1000)"));
  EXPECT_TRUE(client.IsClosedCleanly());
}

// The client gets the answer although it has not stopped sending.
TEST(ServerLimits, ClientThatSendsOnSeesTheAnswer) {
  TestServer server({OpenRoute("POST", "/e", Echo)}, SmallLimits());
  TestClient client = server.Connect();
  EXPECT_TRUE(client.Send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n" +
                          std::string(20'000'000, 'x')));
  EXPECT_EQ(client.Read().status, 413);
  EXPECT_TRUE(client.IsClosedCleanly());
}

TEST(ServerLimits, ChunkedBodyTooLarge) {
  TestServer server({OpenRoute("POST", "/e", Echo)}, SmallLimits());
  TestClient client = server.Connect();
  client.Send("POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; i++) client.Send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_EQ(client.Read().status, 413);
  EXPECT_TRUE(client.IsClosedCleanly());
}

TEST(ServerLimits, BodyOfExactlyTheLimit) {
  TestServer server({OpenRoute("POST", "/e", Echo)}, SmallLimits());
  TestClient client = server.Connect();
  client.SendPost("/e", std::string(1000, 'x'));
  EXPECT_EQ(client.Read().body.size(), 1000u);
}

TEST(ServerLimits, BodiesInMemory) {
  Held held;
  TestServer server({OpenRoute("POST", "/held", held.AsHandler()), OpenRoute("POST", "/e", Echo)},
                    SmallLimits());
  TestClient holder = server.Connect();
  holder.SendPost("/held", std::string(1000, 'x'));
  auto items = held.Take(1);
  ASSERT_EQ(items.size(), 1u);

  TestClient announced = server.Connect();
  announced.SendPost("/e", std::string(501, 'x'));
  const Answer refused = announced.Read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  TestClient chunked = server.Connect();
  chunked.Send("POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1f5\r\n" +
               std::string(501, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.Read().status, 503);
  TestClient small = server.Connect();
  small.SendPost("/e", std::string(500, 'x'));
  EXPECT_EQ(small.Read().status, 200);

  items.clear();  // request and responder are dropped
  EXPECT_EQ(holder.Read().status, 500);
  small.SendPost("/e", std::string(1000, 'x'));
  EXPECT_EQ(small.Read().status, 200);
}

TEST(ServerLimits, Connections) {
  ServerOptions options = TestServer::Options();
  options.connection_count_max = 2;
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))}, options);
  TestClient first = server.Connect();
  TestClient second = server.Connect();
  EXPECT_EQ(first.Get("/").status, 200);
  EXPECT_EQ(second.Get("/").status, 200);
  TestClient third = server.Connect();
  const Answer refused = third.Get("/");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_TRUE(third.IsClosedCleanly());
  third.Close();
  first.Close();
  EXPECT_TRUE(Eventually([&server] { return server.Connect().Get("/").status == 200; }));
  EXPECT_EQ(second.Get("/").status, 200);
}

TEST(ServerLimits, NothingIsSmuggledBehindABadRequest) {
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string requests[] = {
      "POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(5 + smuggled.size()) +
          "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
      "0\r\n\r\n",
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
      "garbage\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nName : value\r\n\r\n",
  };
  for (const auto& request : requests) {
    bool is_smuggled = false;
    const auto note = [&is_smuggled](Request, Responder responder) {
      is_smuggled = true;
      responder.Send({});
    };
    TestServer server({OpenRoute("GET", "/smuggled", note), OpenRoute("POST", "/e", Echo)});
    TestClient client = server.Connect();
    client.Send(request + smuggled);
    const Answer answer = client.Read();
    EXPECT_EQ(answer.status, 400) << request;
    EXPECT_THAT(answer.body, HasSubstr(R"({"error":"Malformed HTTP request: )")) << request;
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_TRUE(client.IsClosedCleanly()) << request;
    server->Stop();
    EXPECT_FALSE(is_smuggled) << request;
  }
}

TEST(ServerLimits, SpooledBodies) {
  const auto show = [](Request request, Responder responder) {
    auto bytes = fs::ReadWholeFile(fs::FileSystem::Local(), request.spooled->path(), 4'000'000);
    CHECK(bytes.ok() && bytes.value().size() == request.spooled->byte_count(), "cannot read back");
    responder.Send({.body = std::move(bytes).TakeValue()});
  };
  TestServer server({OpenRoute("POST", "/s", show, BodyMode::kSpool)}, SmallLimits());
  TestClient client = server.Connect();
  std::string body(2'500'000, '\0');
  for (std::size_t i = 0; i < body.size(); i++) body[i] = static_cast<char>(i * 2654435761u >> 13);
  client.SendPost("/s", body);
  EXPECT_TRUE(client.Read().body == body);
  client.Send("POST /s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; i++) client.Send("2710\r\n" + body.substr(i * 10'000, 10'000) + "\r\n");
  client.Send("0\r\n\r\n");
  EXPECT_TRUE(client.Read().body == body.substr(0, 1'000'000));
  EXPECT_EQ(server.SpooledFileCount(), 0u);
}

TEST(ServerLimits, RefusedAndAbandonedSpoolsLeaveNothing) {
  TestServer server({OpenRoute("POST", "/s", Echo, BodyMode::kSpool)}, SmallLimits());
  TestClient large = server.Connect();
  large.Send("POST /s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "f4240\r\n" + std::string(1'000'000, 'x') + "\r\n";
  for (int i = 0; i < 4; i++) large.Send(chunk);
  EXPECT_EQ(large.Read().status, 413);
  EXPECT_EQ(server.SpooledFileCount(), 0u);

  TestClient abandoned = server.Connect();
  abandoned.Send("POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\nstart");
  EXPECT_TRUE(Eventually([&server] { return server.SpooledFileCount() == 1; }));
  abandoned.Reset();
  EXPECT_TRUE(Eventually([&server] { return server.SpooledFileCount() == 0; }));
}

}  // namespace
}  // namespace arc::http
