// Answers that are sent while they are made, over real sockets.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "service/http/body_pipe.h"
#include "service/http/test_server.h"

namespace arc::http {
namespace {

constexpr std::size_t kUnsentMax = 64 << 10;

// A handler whose answers the test makes.
class Streamed {
 public:
  TestServer MakeServer(ServerOptions options = TestServer::Options()) {
    return TestServer({OpenRoute("GET", "/rows", held_.AsHandler())}, std::move(options));
  }

  // Waits for a request and answers it with a stream.
  std::shared_ptr<BodyPipe> Begin() {
    auto requests = held_.Take(1);
    CHECK(requests.size() == 1, "the request has not come");
    auto pipe = std::make_shared<BodyPipe>(kUnsentMax);
    requests.front().second.Send({.content_type = "text/plain", .stream = pipe});
    return pipe;
  }

 private:
  Held held_;
};

TEST(BodyStream, PiecesAreChunksAndTheLastOneEndsTheBody) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  client.SendRequest("GET /rows");
  const auto pipe = streamed.Begin();
  pipe->Write("first");
  EXPECT_TRUE(client.WaitFor("\r\n\r\n5\r\nfirst")) << "a piece waits for the next";
  pipe->Write(std::string(20, 'x'));
  pipe->Finish({{"Rows", "2"}, {"Evil", "a\r\nb"}});
  EXPECT_TRUE(client.WaitFor("\r\n14\r\n" + std::string(20, 'x') +
                             "\r\n0\r\nRows: 2\r\nEvil: a  b\r\n\r\n"));
  EXPECT_NE(client.received().find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(client.received().find("Content-Length"), std::string::npos);
}

TEST(BodyStream, TheConnectionServesTheNextRequestAfterIt) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  for (int i = 0; i < 3; i++) {
    client.SendRequest("GET /rows");
    const auto pipe = streamed.Begin();
    pipe->Write("abc");
    pipe->Finish();
    EXPECT_TRUE(client.WaitFor("3\r\nabc\r\n0\r\n\r\n"));
    client.Forget();
  }
}

TEST(BodyStream, AnAbortedOneNeverLooksComplete) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  client.SendRequest("GET /rows");
  const auto pipe = streamed.Begin();
  pipe->Write("abc");
  EXPECT_TRUE(client.WaitFor("3\r\nabc"));
  pipe->Abort();
  EXPECT_TRUE(client.WaitForEnd());
  EXPECT_EQ(client.received().find("0\r\n\r\n"), std::string::npos);
}

TEST(BodyStream, AnHttp10ClientReadsToTheEndOfTheConnection) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  client.Send("GET /rows HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto pipe = streamed.Begin();
  pipe->Write("abc");
  pipe->Write("def");
  pipe->Finish();
  EXPECT_TRUE(client.WaitFor("\r\n\r\nabcdef"));
  EXPECT_TRUE(client.WaitForEnd());
  EXPECT_EQ(client.received().find("chunked"), std::string::npos);
}

TEST(BodyStream, OneThatTheServersStopCutsOffNeverLooksComplete) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  client.Send("GET /rows HTTP/1.0\r\n\r\n");
  const auto pipe = streamed.Begin();
  pipe->Write("abc");
  EXPECT_TRUE(client.WaitFor("\r\n\r\nabc"));
  client.Forget();
  server->Stop();
  EXPECT_FALSE(client.IsClosedCleanly());
}

TEST(BodyStream, ASlowReaderHoldsTheProducerBack) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  client.SendRequest("GET /rows");
  const auto pipe = streamed.Begin();
  const std::string piece(kUnsentMax / 4, 'x');
  // Sockets take some megabytes before the pipe fills.
  std::size_t written = 0;
  while (pipe->Write(piece) == BodyPipe::Flow::kGoOn || written < (16u << 20)) {
    written += piece.size();
    ASSERT_LT(written, 256u << 20) << "the pipe has no limit";
  }
  std::atomic<bool> has_room{false};
  pipe->WhenRoom([&] { has_room = true; });
  EXPECT_FALSE(has_room);
  pipe->Finish();
  EXPECT_TRUE(client.WaitFor("\r\n0\r\n\r\n"));
  EXPECT_TRUE(Eventually([&] { return has_room.load(); }));
}

TEST(BodyStream, TheProducerHearsThatTheClientHasGoneWhileItWritesNothing) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  std::optional<TestClient> client(server.Connect());
  client->SendRequest("GET /rows");
  const auto pipe = streamed.Begin();
  pipe->Write("abc");
  EXPECT_TRUE(client->WaitFor("abc"));
  client->Close();
  EXPECT_TRUE(Eventually([&] { return pipe->Write("") == BodyPipe::Flow::kStop; }));
}

TEST(BodyStream, TheHandlerHearsThatTheClientHasGoneBeforeItsAnswer) {
  Held held;
  std::atomic<int> gone_count{0};
  TestServer server({OpenRoute("GET", "/rows", [&](Request request, Responder responder) {
    responder.OnClientGone([&] { gone_count++; });
    held.AsHandler()(std::move(request), std::move(responder));
  })});
  auto staying = server.Connect();
  staying.SendRequest("GET /rows");
  auto leaving = server.Connect();
  leaving.SendRequest("GET /rows");
  auto requests = held.Take(2);
  ASSERT_EQ(requests.size(), 2u);
  leaving.Close();
  EXPECT_TRUE(Eventually([&] { return gone_count == 1; }));
  for (auto& [request, responder] : requests) responder.Send({.body = "late"});
  EXPECT_EQ(staying.Read().body, "late");
  EXPECT_EQ(gone_count, 1);
}

TEST(BodyStream, AClientThatSendsItsNextRequestEarlyHasNotGone) {
  Held held;
  std::atomic<int> gone_count{0};
  TestServer server({OpenRoute("GET", "/rows", [&](Request request, Responder responder) {
    responder.OnClientGone([&] { gone_count++; });
    held.AsHandler()(std::move(request), std::move(responder));
  })});
  auto client = server.Connect();
  client.SendRequest("GET /rows");
  client.SendRequest("GET /rows");
  for (const char* text : {"one", "two"}) {
    auto requests = held.Take(1);
    ASSERT_EQ(requests.size(), 1u);
    requests.front().second.Send({.body = text});
    EXPECT_EQ(client.Read().body, text);
  }
  EXPECT_EQ(gone_count, 0);
}

TEST(BodyStream, AStoppingServerTellsTheProducer) {
  Streamed streamed;
  auto server = streamed.MakeServer();
  auto client = server.Connect();
  client.SendRequest("GET /rows");
  const auto pipe = streamed.Begin();
  pipe->Write("abc");
  EXPECT_TRUE(client.WaitFor("abc"));
  server.Destroy();
  EXPECT_EQ(pipe->Write("more"), BodyPipe::Flow::kStop);
}

}  // namespace
}  // namespace arc::http
