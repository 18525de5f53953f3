#include "service/http/origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arc::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Request RequestWith(std::vector<Header> headers, std::string method = "POST") {
  Request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  return request;
}

const OriginRules kOpen{.allowed = {}, .is_open = true, .host = ""};

bool IsRefused(const Request& request, const OriginRules& rules = kOpen) {
  const auto refusal = RefuseForeignOrigin(request, rules);
  if (!refusal) return false;
  EXPECT_EQ(refusal->status, 403);
  EXPECT_THAT(refusal->body, HasSubstr("server.cors_origins"));
  return true;
}

TEST(OriginTest, ProgramsSayNothingOfPages) {
  EXPECT_FALSE(IsRefused(RequestWith({{"Host", "localhost:8000"}})));
  EXPECT_FALSE(IsRefused(RequestWith(
      {{"Host", "arc.default.svc.cluster.local:8000"}, {"User-Agent", "Telegraf/1.30"}})));
  EXPECT_FALSE(IsRefused(RequestWith({})));  // HTTP/1.0
}

TEST(OriginTest, APageOfTheServerItselfMayAsk) {
  for (const char* host : {"localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000",
                           "arcbox:8000", "arc.localhost:8000", "10.0.0.7"}) {
    EXPECT_FALSE(IsRefused(RequestWith(
        {{"Host", host}, {"Origin", "http://" + std::string(host)}, {"User-Agent", "Mozilla/5"}})))
        << host;
  }
  EXPECT_FALSE(
      IsRefused(RequestWith({{"Host", "localhost:8000"}, {"Origin", "HTTP://LocalHost:8000"}})));
}

TEST(OriginTest, APageOfAnotherOriginMayNot) {
  for (const char* origin :
       {"http://evil.example", "https://evil.example", "null", "http://localhost:3000",
        "http://localhost", "http://localhost:80000", "http://localhost:8000.evil.example",
        "file://", "http://", "http://evil.example/localhost:8000", "localhost:8000", "*"}) {
    EXPECT_TRUE(IsRefused(RequestWith({{"Host", "localhost:8000"}, {"Origin", origin}}))) << origin;
    EXPECT_TRUE(IsRefused(RequestWith({{"Host", "localhost:8000"}, {"Origin", origin}}, "GET")));
    EXPECT_TRUE(
        IsRefused(RequestWith({{"Host", "localhost:8000"}, {"Origin", origin}}, "OPTIONS")));
  }
}

// Requests of images, scripts and forms may have no origin.
TEST(OriginTest, WithoutAnOriginTheBrowserTellsWhereThePageIsFrom) {
  const auto with = [](const char* site, const char* mode, const char* method) {
    return RequestWith(
        {{"Host", "localhost:8000"}, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}}, method);
  };
  EXPECT_TRUE(IsRefused(with("cross-site", "no-cors", "GET")));
  EXPECT_TRUE(IsRefused(with("same-site", "no-cors", "GET")));
  EXPECT_TRUE(IsRefused(with("cross-site", "navigate", "POST")));
  EXPECT_FALSE(IsRefused(with("cross-site", "navigate", "GET")));  // a link
  EXPECT_FALSE(IsRefused(with("same-origin", "cors", "POST")));
  EXPECT_FALSE(IsRefused(with("none", "navigate", "GET")));  // typed
}

// A page of evil.example whose name was made to point to 127.0.0.1 is of the same origin for its
// browser: only its name tells.
TEST(OriginTest, ANameThatIsNotKnownToBeOursIsForeignToBrowsers) {
  for (const auto& sign :
       {Header{"Origin", "http://evil.example:8000"}, Header{"Referer", "http://evil.example/a"},
        Header{"Sec-Fetch-Site", "same-origin"}, Header{"User-Agent", "Mozilla/5.0 (X11)"}}) {
    const auto request = RequestWith({{"Host", "evil.example:8000"}, sign}, "GET");
    EXPECT_TRUE(IsRefused(request)) << sign.name;
    EXPECT_FALSE(IsRefused(request, {.allowed = {}, .is_open = true, .host = "evil.example"}));
    EXPECT_FALSE(
        IsRefused(request, {.allowed = {"http://evil.example:8000"}, .is_open = true, .host = ""}));
    EXPECT_FALSE(IsRefused(request, {.allowed = {"*"}, .is_open = true, .host = ""}));
    EXPECT_FALSE(IsRefused(request, {}));
  }
}

TEST(OriginTest, AllowedOriginsMayAskAndRead) {
  const OriginRules rules{
      .allowed = {"https://a.example", "http://b.example:3000"}, .is_open = true, .host = ""};
  const auto from = [](const char* origin) {
    return RequestWith({{"Host", "localhost:8000"}, {"Origin", origin}});
  };
  for (const char* origin : {"https://a.example", "http://b.example:3000"}) {
    EXPECT_FALSE(IsRefused(from(origin), rules));
    const auto headers = OriginHeaders(from(origin), rules);
    ASSERT_GE(headers.size(), 2u);
    EXPECT_EQ(headers[0].name, "Vary");
    EXPECT_EQ(headers[1].name, "Access-Control-Allow-Origin");
    EXPECT_EQ(headers[1].value, origin);
  }
  for (const char* origin :
       {"http://a.example", "https://a.example:444", "https://a.example.evil.example", "null"}) {
    EXPECT_TRUE(IsRefused(from(origin), rules)) << origin;
    EXPECT_EQ(OriginHeaders(from(origin), rules).size(), 1u);  // Vary
  }
  EXPECT_THAT(OriginHeaders(from("https://a.example"), kOpen), IsEmpty());
  const auto everybody = OriginHeaders(from("null"), {.allowed = {"*"}});
  ASSERT_FALSE(everybody.empty());
  EXPECT_EQ(everybody[0].value, "*");
}

// A page must know a token to send one, but a browser sends what its user typed into it.
TEST(OriginTest, WithTokensOnlyWhatABrowserAddsByItselfIsRefused) {
  const OriginRules closed;
  const auto with = [](const char* name, const char* value) {
    return RequestWith({{"Host", "h"}, {"Origin", "http://evil.example"}, {name, value}});
  };
  EXPECT_FALSE(IsRefused(with("Authorization", "Bearer t"), closed));
  EXPECT_FALSE(IsRefused(with("x-api-key", "t"), closed));
  EXPECT_TRUE(IsRefused(with("Authorization", "Basic dTp0"), closed));
  EXPECT_TRUE(IsRefused(with("Authorization", "basic dTp0"), closed));
  EXPECT_FALSE(IsRefused(RequestWith({{"Host", "h"}, {"Authorization", "Basic dTp0"}}), closed));
}

TEST(OriginTest, Lists) {
  EXPECT_THAT(ParseOrigins("").value(), IsEmpty());
  EXPECT_THAT(ParseOrigins(" https://a.example , http://b:3000,*").value(),
              ElementsAre("https://a.example", "http://b:3000", "*"));
  for (const char* wrong : {"a.example", "https://a.example/", "https://", "ftp://a", "https://*.a",
                            "https://u@a", "null", "https://a, b"}) {
    const auto parsed = ParseOrigins(wrong);
    ASSERT_FALSE(parsed.ok()) << wrong;
    EXPECT_THAT(parsed.error().message, HasSubstr("is not an origin"));
  }
}

}  // namespace
}  // namespace arc::http
