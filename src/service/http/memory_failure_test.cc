// Memory that runs out once, at every allocation of an I/O thread in turn: one connection may end,
// the server may not.

#include <gtest/gtest.h>

#include <chrono>

#include "foundation/testing/failing_memory.h"
#include "service/http/test_server.h"

namespace arc::http {
namespace {

using arc::testing::MemoryFailure;

// Few connections, so that each one that is forgotten is missed soon. Short timeouts, so that a
// client whose connection is stuck does not wait for long.
ServerOptions FewConnections() {
  auto options = TestServer::Options();
  options.io_thread_count = 1;
  options.connection_count_max = 4;
  options.idle_timeout = options.read_timeout = std::chrono::milliseconds(100);
  return options;
}

int StatusOf(TestServer& server) {
  auto client = server.Connect();
  if (!client.is_connected()) return 0;
  client.SendPost("/echo", "body");
  return client.Read().status;
}

// Asio keeps the memory of a few waits for the next ones; several connections need more than those.
void UseSeveralConnections(TestServer& server) {
  std::vector<TestClient> clients;
  for (int i = 0; i < 3; i++) clients.push_back(server.Connect());
  for (auto& client : clients) {
    if (client.is_connected()) client.SendPost("/echo", "body");
  }
  for (auto& client : clients) {
    if (client.is_connected()) (void)client.Read();
  }
}

TEST(HttpMemoryFailure, EndsConnectionsAndNotTheServer) {
  TestServer server({OpenRoute("POST", "/echo", Echo)}, FewConnections());
  ASSERT_EQ(StatusOf(server), 200);
  for (std::uint64_t nth = 0;; nth++) {
    bool has_come = false;
    {
      MemoryFailure failure(nth, MemoryFailure::Threads::kOthers);
      UseSeveralConnections(server);
      has_come = failure.has_come();
    }
    ASSERT_TRUE(Eventually([&] { return StatusOf(server) == 200; })) << "after allocation " << nth;
    if (!has_come) break;
  }
}

}  // namespace
}  // namespace arc::http
