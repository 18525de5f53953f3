#include "service/api/health_routes.h"

#include <gtest/gtest.h>

#include <optional>

namespace arc::api {
namespace {

http::Response Get(HealthRoutes& routes, const std::string& pattern) {
  for (auto& route : routes.Routes()) {
    if (route.pattern != pattern) continue;
    EXPECT_EQ(route.permission, auth::Permission::kNone);
    std::optional<http::Response> answer;
    route.handler({}, http::Responder([&](http::Response response) { answer = response; }));
    return *answer;
  }
  ADD_FAILURE() << "no route " << pattern;
  return {};
}

TEST(HealthRoutesTest, HealthNamesTheProblems) {
  Metrics metrics;
  std::vector<std::string> problems;
  HealthRoutes routes(Clock::System(), metrics, [&] { return problems; });
  EXPECT_NE(Get(routes, "/health").body.find(R"("status":"ok")"), std::string::npos);
  problems = {"disk \"a\" is full"};
  const auto health = Get(routes, "/health");
  EXPECT_EQ(health.status, 200);
  EXPECT_NE(health.body.find(R"("status":"degraded")"), std::string::npos);
  EXPECT_NE(health.body.find(R"("problems":["disk \"a\" is full"])"), std::string::npos);
}

TEST(HealthRoutesTest, ReadyBetweenStartAndShutdown) {
  Metrics metrics;
  HealthRoutes routes(Clock::System(), metrics, [] { return std::vector<std::string>(); });
  EXPECT_EQ(Get(routes, "/ready").status, 503);
  EXPECT_NE(Get(routes, "/ready").body.find("starting"), std::string::npos);
  routes.SetReady();
  EXPECT_EQ(Get(routes, "/ready").status, 200);
  routes.SetNotReady("shutting down");
  EXPECT_EQ(Get(routes, "/ready").status, 503);
  EXPECT_NE(Get(routes, "/ready").body.find("shutting down"), std::string::npos);
  EXPECT_EQ(Get(routes, "/health").status, 200);
}

TEST(HealthRoutesTest, MetricsArePrometheusText) {
  Metrics metrics;
  metrics.AddCounter("arc_x_total", "X.").Add();
  HealthRoutes routes(Clock::System(), metrics, [] { return std::vector<std::string>(); });
  const auto response = Get(routes, "/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("arc_x_total 1\n"), std::string::npos);
}

}  // namespace
}  // namespace arc::api
