// The server from outside: requests, answers, access.

#include "service/http/server.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "foundation/base/task_pool.h"
#include "service/http/test_server.h"

namespace arc::http {
namespace {

using ::testing::HasSubstr;

TEST(Server, KeepsTheConnectionOpen) {
  TestServer server({OpenRoute("GET", "/hello", AnswerText("hi")), OpenRoute("POST", "/e", Echo)});
  TestClient client = server.Connect();
  for (int i = 0; i < 3; i++) {
    EXPECT_EQ(client.Get("/hello").body, "hi");
    client.SendPost("/e", "body " + std::to_string(i));
    EXPECT_EQ(client.Read().body, "body " + std::to_string(i));
    EXPECT_EQ(client.Get("/missing", "x-api-key: reader\r\n").status, 404);
  }
}

TEST(Server, ClosesWhenTheClientAsks) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))});
  TestClient modern = server.Connect();
  const Answer answer = modern.Get("/", "Connection: close\r\n");
  EXPECT_EQ(answer.body, "hi");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(modern.IsClosedCleanly());

  TestClient old = server.Connect();
  old.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Read().body, "hi");
  EXPECT_TRUE(old.IsClosedCleanly());
}

TEST(Server, OldClientsMayKeepTheConnection) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))});
  TestClient client = server.Connect();
  for (int i = 0; i < 2; i++) {
    client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.Read().headers.at("connection"), "keep-alive");
  }
}

// Handlers answer from several threads, in whatever order these get to it.
TEST(Server, PipelinedAnswersStayInOrder) {
  TaskPool pool("answer", 4, 1000);
  const auto answer_elsewhere = [&pool](Request request, Responder responder) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    const auto queued = pool.Submit([shared, path = request.path] {
      std::this_thread::yield();
      shared->Send({.body = path});
    });
    ASSERT_TRUE(queued.ok());
  };
  TestServer server({OpenRoute("GET", "/:number", answer_elsewhere)});
  std::vector<TestClient> clients;
  for (int c = 0; c < 4; c++) clients.push_back(server.Connect());
  std::string requests;
  for (int i = 0; i < 100; i++) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  for (auto& client : clients) client.Send(requests);
  for (auto& client : clients) {
    for (int i = 0; i < 100; i++) ASSERT_EQ(client.Read().body, "/" + std::to_string(i));
  }
  server->Stop();
  pool.Close();
}

TEST(Server, PipelinedRequestWaitsForTheAnswerBeforeIt) {
  Held held;
  TestServer server(
      {OpenRoute("GET", "/held", held.AsHandler()), OpenRoute("GET", "/fast", AnswerText("fast"))});
  TestClient client = server.Connect();
  client.Send("GET /held HTTP/1.1\r\nHost: x\r\n\r\nGET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
  auto items = held.Take(1);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_FALSE(client.HasInputWithin(20));
  items[0].second.Send({.body = "held"});
  EXPECT_EQ(client.Read().body, "held");
  EXPECT_EQ(client.Read().body, "fast");
}

TEST(Server, ThousandConnectionsAtOnce) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  ::setrlimit(RLIMIT_NOFILE, &files);
  constexpr std::size_t kCount = 1000;
  Held held;
  TestServer server({OpenRoute("GET", "/:number", held.AsHandler())});
  std::vector<TestClient> clients;
  for (std::size_t i = 0; i < kCount; i++) clients.push_back(server.Connect());
  for (int round = 0; round < 2; round++) {
    for (std::size_t i = 0; i < kCount; i++) clients[i].SendRequest("GET /" + std::to_string(i));
    auto items = held.Take(kCount);
    ASSERT_EQ(items.size(), kCount);
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
      item->second.Send({.body = item->first.path});
    }
    for (std::size_t i = 0; i < kCount; i++) {
      ASSERT_EQ(clients[i].Read().body, "/" + std::to_string(i));
    }
  }
}

TEST(Server, ChunkedBodies) {
  TestServer server({OpenRoute("POST", "/e", Echo)});
  TestClient client = server.Connect();
  client.Send(
      "POST /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_EQ(client.Read().body, "hello world");
  client.SendPost("/e", "still there");
  EXPECT_EQ(client.Read().body, "still there");
}

TEST(Server, LargeBodiesArriveWhole) {
  TestServer server({OpenRoute("POST", "/e", Echo)});
  TestClient client = server.Connect();
  std::string body(5'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); i++) body[i] = static_cast<char>(i * 2654435761u >> 13);
  std::thread sender([&] { client.SendPost("/e", body); });
  const Answer answer = client.Read();
  sender.join();
  EXPECT_TRUE(answer.body == body);
}

TEST(Server, TellsAWaitingClientToGoOn) {
  TestServer server({OpenRoute("POST", "/e", Echo)});
  TestClient client = server.Connect();
  client.Send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("body");
  EXPECT_EQ(client.Read().body, "body");
}

TEST(Server, HeadIsGetWithoutTheBody) {
  TestServer server({OpenRoute("GET", "/hello", AnswerText("hi"))});
  TestClient client = server.Connect();
  client.SendRequest("HEAD /hello");
  const Answer answer = client.Read(/*has_body=*/false);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-length"), "2");
  EXPECT_EQ(client.Get("/hello").body, "hi");
}

TEST(Server, PreflightNeedsNoToken) {
  auto options = TestServer::Options();
  options.origins.allowed = {"http://a"};
  options.origins.request_headers = "x-arc-database";
  TestServer server(
      {{"GET", "/secret", auth::Permission::kAdmin, BodyMode::kMemory, AnswerText("secret")}},
      std::move(options));
  TestClient client = server.Connect();
  client.SendRequest("OPTIONS /secret", "Origin: http://b\r\n");
  EXPECT_EQ(client.Read().headers.count("access-control-allow-origin"), 0u);
  client.SendRequest("OPTIONS /secret", "Origin: http://a\r\n");
  const Answer answer = client.Read();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.count("content-length"), 0u);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "http://a");
  EXPECT_EQ(answer.headers.at("vary"), "Origin");
  EXPECT_THAT(answer.headers.at("access-control-allow-methods"), HasSubstr("PATCH"));
  EXPECT_THAT(answer.headers.at("access-control-allow-headers"), HasSubstr("x-arc-database"));
}

TEST(Server, WithoutTokensAPageOfAnotherOriginGetsNothing) {
  auto options = TestServer::Options();
  options.origins.is_open = true;
  int call_count = 0;
  TestServer server({OpenRoute("POST", "/write",
                               [&](Request, Responder responder) {
                                 call_count++;
                                 responder.Send({.status = 204});
                               })},
                    std::move(options));
  for (const char* origin : {"http://evil.example", "null"}) {
    TestClient client = server.Connect();
    client.SendRequest("POST /write", "Origin: " + std::string(origin) + "\r\n");
    const Answer answer = client.Read();
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("server.cors_origins"));
    EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u);
  }
  EXPECT_EQ(call_count, 0);
  TestClient client = server.Connect();
  client.SendRequest("POST /write");
  EXPECT_EQ(client.Read().status, 204);
}

// The request's own, and the connection goes on.
TEST(Server, AnExceptionOfAHandlerIsItsRequestsError) {
  TestServer server(
      {OpenRoute("GET", "/memory", [](Request, Responder) { throw std::bad_alloc(); }),
       OpenRoute("GET", "/bug", [](Request, Responder) { throw 1; }),
       OpenRoute("GET", "/late",
                 [](Request, Responder responder) {
                   responder.Send({.body = "done"});
                   throw std::bad_alloc();
                 }),
       OpenRoute("GET", "/dropped", [](Request, Responder) {}),
       OpenRoute("GET", "/", AnswerText("hi"))});
  TestClient client = server.Connect();
  const Answer answer = client.Get("/memory");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("no memory left"));
  EXPECT_EQ(answer.headers.count("retry-after"), 1u);
  EXPECT_EQ(client.Get("/bug").status, 500);
  EXPECT_EQ(client.Get("/late").body, "done");
  EXPECT_EQ(client.Get("/dropped").status, 500);
  EXPECT_EQ(client.Get("/").body, "hi");
}

TEST(Server, SecurityHeadersOnEveryAnswer) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))});
  TestClient client = server.Connect();
  for (const char* path : {"/", "/missing"}) {
    const Answer answer = client.Get(path);
    EXPECT_EQ(answer.headers.at("x-frame-options"), "DENY");
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.headers.at("content-security-policy"),
              "default-src 'none'; frame-ancestors 'none'");
    EXPECT_EQ(answer.headers.at("server"), "arc");
    EXPECT_THAT(answer.headers.at("date"), HasSubstr(" GMT"));
  }
}

TEST(Server, ARouteMayHaveHeadersOfItsOwn) {
  constexpr const char* kPolicy = "content-security-policy";
  auto page = OpenRoute("GET", "/page", AnswerText("page"));
  page.response_headers = {{"content-security-policy", "default-src 'self'"}, {"X-Page", "1"}};
  TestServer server({page, OpenRoute("GET", "/other", AnswerText("other"))});
  TestClient client = server.Connect();
  const Answer answer = client.Get("/page");
  EXPECT_EQ(answer.headers.at(kPolicy), "default-src 'self'");
  EXPECT_EQ(answer.headers.at("x-page"), "1");
  EXPECT_EQ(answer.headers.at("x-frame-options"), "DENY") << "what it does not name stays";
  EXPECT_EQ(client.Get("/other").headers.at(kPolicy), "default-src 'none'; frame-ancestors 'none'");
}

TEST(Server, UnknownPathsAndMethods) {
  TestServer server({OpenRoute("GET", "/here", AnswerText("hi")),
                     OpenRoute("DELETE", "/here", AnswerText("gone"))});
  TestClient client = server.Connect();
  const Answer missing = client.Get("/a%20b?p=secret", "x-api-key: reader\r\n");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, R"({"error":"Cannot GET /a%20b"})");
  EXPECT_EQ(missing.headers.at("content-type"), "application/json");
  client.SendRequest("PATCH /here");
  const Answer wrong = client.Read();
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.body, R"({"error":"Method Not Allowed"})");
  EXPECT_EQ(wrong.headers.at("allow"), "DELETE, GET, HEAD, OPTIONS");
  EXPECT_EQ(client.Get("/%zz").status, 400);
}

TEST(Server, RequestCarriesWhatTheClientSent) {
  const auto show = [](Request request, Responder responder) {
    responder.Send({.body = request.path + "|" + std::string(request.PathParameter("name")) + "|" +
                            std::string(request.QueryValue("q").value_or("none")) + "|" +
                            std::string(request.HeaderValue("x-arc-database")) + "|" +
                            request.principal.name + "|" + request.client_address});
  };
  TestServer server({{"GET", "/db/:name", auth::Permission::kRead, BodyMode::kMemory, show}});
  TestClient client = server.Connect();
  EXPECT_EQ(client.Get("/DB/Cpu%2F1/?q=a+b", "X-Arc-Database: prod\r\nx-api-key: reader\r\n").body,
            "/DB/Cpu/1|Cpu/1|a b|prod|reader|127.0.0.1");
}

TEST(Server, AccessIsCheckedBeforeTheBodyIsRead) {
  TestServer server({{"POST", "/w", auth::Permission::kWrite, BodyMode::kMemory, Echo}});
  const auto post = [&server](const std::string& headers) {
    TestClient client = server.Connect();
    // The body never comes.
    client.Send("POST /w HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n" + headers + "\r\n");
    Answer answer = client.Read();
    EXPECT_TRUE(client.IsClosedCleanly());
    return answer;
  };
  const Answer none = post("");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.body, R"({"success":false,"error":"Authentication required"})");
  EXPECT_EQ(none.headers.count("www-authenticate"), 1u);
  const Answer wrong = post("Authorization: Bearer wrong\r\n");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.body, R"({"success":false,"error":"Invalid or expired token"})");
  const Answer reader = post("Authorization: Token reader\r\n");
  EXPECT_EQ(reader.status, 403);
  EXPECT_EQ(reader.body, R"({"success":false,"error":"Permission denied: write required"})");

  TestClient client = server.Connect();
  client.SendPost("/w?p=writer", "hello");
  EXPECT_EQ(client.Read().body, "hello");
  client.SendPost("/w", "hello", "Authorization: Basic dTphZG1pbg==\r\n");  // u:admin
  EXPECT_EQ(client.Read().body, "hello");
}

TEST(Server, UnknownPathsAreNotToldToStrangers) {
  TestServer server({OpenRoute("GET", "/health", AnswerText("ok")),
                     {"GET", "/token", auth::Permission::kToken, BodyMode::kMemory, Echo}});
  TestClient client = server.Connect();
  EXPECT_EQ(client.Get("/missing").status, 401);
  EXPECT_EQ(client.Get("/missing", "x-api-key: reader\r\n").status, 404);
  EXPECT_EQ(client.Get("/token", "x-api-key: reader\r\n").status, 200);
  client.SendRequest("PUT /health");
  EXPECT_EQ(client.Read().status, 405);
}

TEST(Server, HandlerThatDoesNotAnswerOrThrows) {
  TestServer server(
      {OpenRoute("GET", "/drops", [](Request, Responder) {}),
       OpenRoute("GET", "/throws", [](Request, Responder) { throw std::runtime_error("oops"); })});
  TestClient client = server.Connect();
  for (const char* path : {"/drops", "/throws"}) {
    const Answer answer = client.Get(path);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"error":"Internal Server Error"})");
  }
}

TEST(Server, CountsRequests) {
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))});
  TestClient client = server.Connect();
  client.Get("/");
  client.Get("/missing");
  client.Get("/");
  const std::string text = server.metrics().PrometheusText();
  EXPECT_THAT(text, HasSubstr("\narc_http_requests_total 3\n"));
  EXPECT_THAT(text, HasSubstr("\narc_http_requests_success_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\narc_http_requests_error_total 1\n"));
  EXPECT_THAT(text, HasSubstr("\narc_http_latency_seconds_count 3\n"));
}

TEST(Server, RefusesToStartWithOptionsThatCannotWork) {
  const auto start = [](ServerOptions options, std::vector<Route> routes) {
    static const TestAuthenticator authenticator;
    Metrics metrics;
    const auto server = Server::Start(std::move(options), std::move(routes), authenticator, metrics,
                                      fs::FileSystem::Local());
    return server.ok() ? std::string("started") : server.error().message;
  };
  TestServer running({});
  ServerOptions taken = TestServer::Options();
  taken.port = running->port();
  EXPECT_THAT(start(taken, {}), HasSubstr("cannot listen on 127.0.0.1"));
  ServerOptions nowhere = TestServer::Options();
  nowhere.host = "host.invalid";
  EXPECT_THAT(start(nowhere, {}), HasSubstr("cannot find the address host.invalid"));
  ServerOptions contradiction = TestServer::Options();
  contradiction.inflight_body_bytes_max = 1;
  EXPECT_THAT(start(contradiction, {}), HasSubstr("above the limit of all bodies"));
  EXPECT_THAT(
      start(TestServer::Options(), {OpenRoute("GET", "/a", Echo), OpenRoute("GET", "/A/", Echo)}),
      HasSubstr("two routes"));
}

TEST(Server, AnswersOnlyWhatItIsStartedWithUntilItServes) {
  const TestAuthenticator authenticator;
  Metrics metrics;
  const auto started =
      Server::Start(TestServer::Options(), {OpenRoute("GET", "/health", AnswerText("fine"))},
                    authenticator, metrics, fs::FileSystem::Local());
  ASSERT_TRUE(started.ok()) << started.error().message;
  TestClient client(started.value()->port());
  EXPECT_EQ(client.Get("/health").body, "fine");
  const auto refused = client.Get("/other");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  ASSERT_TRUE(started.value()->Serve({OpenRoute("GET", "/other", AnswerText("now"))}).ok());
  EXPECT_EQ(client.Get("/other").body, "now");
  EXPECT_EQ(client.Get("/missing").status, 401) << "what there is, only who may ask gets to know";
}

TEST(Server, EmptyHostListensEverywhere) {
  ServerOptions options = TestServer::Options();
  options.host = "";
  TestServer server({OpenRoute("GET", "/", AnswerText("hi"))}, options);
  TestClient client = server.Connect();
  EXPECT_EQ(client.Get("/").body, "hi");
}

}  // namespace
}  // namespace arc::http
