// The server with memory that runs out, at every allocation of its threads for a connection with
// one request: the client hears something, or sees its connection closed, and the next one is
// served.

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/task_pool.h"
#include "http/test_server.h"
#include "testing/failing_memory.h"

namespace arc::http {
namespace {

using arc::testing::MemoryFailure;

constexpr std::uint64_t kAllocationsMax = 10'000;  // a request that needs more has failed

struct Seen {
  std::uint64_t allocation_count = 0;
  std::uint64_t answered = 0, refused = 0, failed = 0, closed = 0;
};

// One allocation after another until the request needs no more.
Seen FailEach(TestServer& server, std::string_view path) {
  Seen seen;
  for (bool has_come = true; has_come && seen.allocation_count < kAllocationsMax;
       seen.allocation_count++) {
    Answer answer;
    {
      auto client = [&] {
        MemoryFailure failure(seen.allocation_count, MemoryFailure::Threads::kOthers);
        auto connected = server.ConnectPlain();
        connected.SendPost(path, std::string(10'000, 'x'), "Connection: close\r\n");
        answer = connected.Read();
        has_come = failure.has_come();
        return connected;
      }();
      // What ends without an answer ends at once, not when the client has lost its patience.
      EXPECT_TRUE(answer.status != 0 || client.WaitForEnd()) << seen.allocation_count;
    }
    (answer.status == 200   ? seen.answered
     : answer.status == 503 ? seen.refused
     : answer.status == 0   ? seen.closed
                            : seen.failed)++;
    auto next = server.ConnectPlain();
    EXPECT_EQ(next.Get("/").body, "hi") << "after allocation " << seen.allocation_count;
  }
  EXPECT_LT(seen.allocation_count, kAllocationsMax);
  std::printf(
      "  %llu allocations: %llu answered, %llu refused, %llu failed, %llu closed\n",
      static_cast<unsigned long long>(seen.allocation_count),
      static_cast<unsigned long long>(seen.answered), static_cast<unsigned long long>(seen.refused),
      static_cast<unsigned long long>(seen.failed), static_cast<unsigned long long>(seen.closed));
  return seen;
}

class HttpMemoryFailureTest : public ::testing::Test {
 protected:
  HttpMemoryFailureTest() { EXPECT_TRUE(SetUpLogging("panic", LogFormat::kConsole).ok()); }
  ~HttpMemoryFailureTest() override {
    IgnoreFailure(SetUpLogging("info", LogFormat::kConsole), "it is a known level");
  }

  static ServerOptions Options() {
    auto options = TestServer::Options();
    options.io_thread_count = 1;
    options.read_timeout = std::chrono::milliseconds(2'000);
    return options;
  }
  std::vector<Route> Routes() {
    return {OpenRoute("GET", "/", AnswerText("hi")), OpenRoute("POST", "/echo", Echo),
            OpenRoute("POST", "/later", [this](Request request, Responder responder) {
              const auto job = std::make_shared<std::pair<Request, Responder>>(
                  std::move(request), std::move(responder));
              const auto submitted = pool_.Submit([job] {
                job->second.Send({.content_type = "text/plain", .body = job->first.body});
              });
              if (!submitted.ok()) job->second.Send(Response{.status = 503});
            })};
  }

  TaskPool pool_{"answer", 1, 100};
  TestServer server_{Routes(), Options(), TestServer::Scheme::kHttp};
};

TEST_F(HttpMemoryFailureTest, OnTheConnectionsOwnThread) {
  const auto seen = FailEach(server_, "/echo");
  EXPECT_GT(seen.refused, 0u);
}

// Where the answer comes from another thread, nobody may be left waiting for the bell.
TEST_F(HttpMemoryFailureTest, AcrossThreads) {
  const auto seen = FailEach(server_, "/later");
  EXPECT_GT(seen.refused + seen.failed, 0u);
}

}  // namespace
}  // namespace arc::http
