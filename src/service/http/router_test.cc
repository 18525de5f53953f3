#include "service/http/router.h"

#include <gmock/gmock.h>

#include "service/http/target.h"

namespace arc::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Route RouteFor(std::string method, std::string pattern,
               auth::Permission permission = auth::Permission::kRead) {
  return {std::move(method), std::move(pattern), permission, BodyMode::kMemory, {}};
}

Router TestRouter() {
  auto router = Router::Build({
      RouteFor("GET", "/"),
      RouteFor("GET", "/api/:a/:b"),
      RouteFor("GET", "/api/v1/:name"),
      RouteFor("POST", "/api/v1/Query", auth::Permission::kWrite),
      RouteFor("DELETE", "/api/v1/:name"),
      RouteFor("GET", "/health", auth::Permission::kNone),
  });
  return std::move(router).TakeValue();
}

// The pattern of the route found, or "none".
std::string Found(const Router& router, std::string_view method, std::string_view path) {
  const auto match = router.Find(method, ParseTarget(path).value().path_parts);
  return match.route == nullptr ? "none" : match.route->pattern;
}

TEST(Router, LiteralsMatchInAnyCaseAndTrailingSlashesDoNotMatter) {
  const Router router = TestRouter();
  EXPECT_EQ(Found(router, "POST", "/API/v1/query/"), "/api/v1/Query");
  EXPECT_EQ(Found(router, "GET", "/"), "/");
  EXPECT_EQ(Found(router, "GET", "/apix/v1/query"), "none");
  EXPECT_EQ(Found(router, "GET", "/api/v1"), "none");
  EXPECT_EQ(Found(router, "get", "/health"), "none");
}

TEST(Router, LiteralBeatsParameterWhateverTheOrder) {
  const Router router = TestRouter();
  EXPECT_EQ(Found(router, "GET", "/api/v1/cpu"), "/api/v1/:name");
  EXPECT_EQ(Found(router, "GET", "/api/v2/cpu"), "/api/:a/:b");
  // The literal route has another method, so the parameter takes it.
  EXPECT_EQ(Found(router, "GET", "/api/v1/query"), "/api/v1/:name");
}

TEST(Router, ParametersKeepTheirCase) {
  const Router router = TestRouter();
  const auto match = router.Find("GET", {"api", "X", "a/B"});
  EXPECT_THAT(match.path_parameters, ElementsAre(Pair("a", "X"), Pair("b", "a/B")));
}

TEST(Router, HeadFindsGet) {
  const Router router = TestRouter();
  EXPECT_EQ(Found(router, "HEAD", "/health"), "/health");
}

TEST(Router, OtherMethodsAreNamedWithTheLeastPermission) {
  const Router router = TestRouter();
  const auto query = router.Find("PUT", {"api", "v1", "query"});
  EXPECT_EQ(query.route, nullptr);
  EXPECT_EQ(query.allowed_methods, "DELETE, GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(query.least_permission, auth::Permission::kToken);
  EXPECT_EQ(router.Find("PUT", {"health"}).least_permission, auth::Permission::kNone);
  EXPECT_THAT(router.Find("PUT", {"nothing"}).allowed_methods, IsEmpty());
}

TEST(Router, RefusesTwoRoutesForTheSameRequests) {
  EXPECT_FALSE(Router::Build({RouteFor("GET", "/a/:x"), RouteFor("GET", "/A/:y/")}).ok());
  EXPECT_TRUE(Router::Build({RouteFor("GET", "/a/:x"), RouteFor("PUT", "/a/:x")}).ok());
  EXPECT_FALSE(Router::Build({RouteFor("GET", "a")}).ok());
}

}  // namespace
}  // namespace arc::http
