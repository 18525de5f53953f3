// The ways a server ends.

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "service/http/test_server.h"

namespace arc::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ServerStop, FinishesWhatIsInProgress) {
  Held held;
  TestServer server(
      {OpenRoute("GET", "/held", held.AsHandler()), OpenRoute("GET", "/", AnswerText("hi"))});
  TestClient idle = server.Connect();
  EXPECT_EQ(idle.Get("/").body, "hi");
  TestClient busy = server.Connect();
  busy.SendRequest("GET /held");
  auto items = held.Take(1);
  ASSERT_EQ(items.size(), 1u);

  server->StopAccepting();
  EXPECT_FALSE(server.Connect().is_connected());
  EXPECT_TRUE(idle.IsClosedCleanly());
  EXPECT_FALSE(server->Drain(milliseconds(10)));

  items[0].second.Send({.body = "finished"});
  EXPECT_TRUE(server->Drain(seconds(10)));
  const Answer answer = busy.Read();
  EXPECT_EQ(answer.body, "finished");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(busy.IsClosedCleanly());
}

TEST(ServerStop, DrainWaitsForABodyThatIsStillArriving) {
  TestServer server({OpenRoute("POST", "/s", Echo, BodyMode::kSpool)});
  TestClient client = server.Connect();
  client.Send("POST /s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo");
  ASSERT_TRUE(Eventually([&server] { return server.SpooledFileCount() == 1; }));
  server->StopAccepting();
  EXPECT_FALSE(server->Drain(milliseconds(10)));
  client.Send("dy");
  EXPECT_TRUE(server->Drain(seconds(10)));
  EXPECT_EQ(client.Read().status, 200);
}

TEST(ServerStop, CutsOffWhatIsLeftAndDropsLateAnswers) {
  Held held;
  TestServer server({OpenRoute("GET", "/held", held.AsHandler())});
  TestClient busy = server.Connect();
  busy.SendRequest("GET /held");
  TestClient sending = server.Connect();
  sending.Send("GET /held HT");
  auto items = held.Take(1);
  ASSERT_EQ(items.size(), 1u);

  server->Stop();
  EXPECT_EQ(busy.Read().status, 0);
  EXPECT_EQ(sending.Read().status, 0);
  items[0].second.Send({.body = "too late"});
}

TEST(ServerStop, AnswersMayComeAfterTheServerIsGone) {
  Held held;
  TestServer server({OpenRoute("POST", "/held", held.AsHandler())});
  TestClient client = server.Connect();
  client.SendPost("/held", "body");
  auto items = held.Take(1);
  ASSERT_EQ(items.size(), 1u);
  server.Destroy();
  EXPECT_EQ(items[0].first.body, "body");
  items[0].second.Send({});
}

// Answers arrive from another thread while the server stops.
TEST(ServerStop, RacesWithAnswers) {
  for (int round = 0; round < 50; round++) {
    Held held;
    TestServer server({OpenRoute("GET", "/held", held.AsHandler())});
    std::vector<TestClient> clients;
    for (int i = 0; i < 8; i++) {
      clients.push_back(server.Connect());
      clients.back().SendRequest("GET /held");
    }
    auto items = held.Take(8);
    ASSERT_EQ(items.size(), 8u);
    std::thread answering([&items] {
      for (auto& item : items) item.second.Send({.body = "x"});
    });
    server->Stop();
    answering.join();
  }
}

TEST(ServerStop, StopTwiceIsStopOnce) {
  TestServer server({});
  server->Stop();
  server->Stop();
}

}  // namespace
}  // namespace arc::http
