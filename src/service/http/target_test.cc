#include "service/http/target.h"

#include <gmock/gmock.h>

namespace arc::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Target, SplitsAndDecodes) {
  const auto target = ParseTarget("/api/v1/a%20b/x%2Fy?q=a+b%26c&flag&empty=&q=2");
  ASSERT_TRUE(target.ok());
  EXPECT_THAT(target.value().path_parts, ElementsAre("api", "v1", "a b", "x/y"));
  EXPECT_THAT(target.value().query,
              ElementsAre(Pair("q", "a b&c"), Pair("flag", ""), Pair("empty", ""), Pair("q", "2")));
}

TEST(Target, PlusIsASpaceInTheQueryOnly) {
  const auto target = ParseTarget("/a+b?c+d=e+f");
  ASSERT_TRUE(target.ok());
  EXPECT_THAT(target.value().path_parts, ElementsAre("a+b"));
  EXPECT_THAT(target.value().query, ElementsAre(Pair("c d", "e f")));
}

TEST(Target, PathHasNoTrailingOrDoubledSlashes) {
  EXPECT_EQ(ParseTarget("/").value().Path(), "/");
  EXPECT_EQ(ParseTarget("/a//b/").value().Path(), "/a/b");
}

TEST(Target, AbsoluteUrlLosesItsAuthority) {
  EXPECT_EQ(ParseTarget("http://host:8000/a/b?x=1").value().Path(), "/a/b");
  EXPECT_EQ(ParseTarget("HTTPS://host").value().Path(), "/");
  const auto target = ParseTarget("http://host?x=1");
  ASSERT_TRUE(target.ok());
  EXPECT_THAT(target.value().query, ElementsAre(Pair("x", "1")));
}

TEST(Target, RefusesWhatCannotBeDecodedOrIsNotMeant) {
  for (const char* target :
       {"/%", "/%4", "/%zz", "/a?b=%", "/a?%1=b", "/a?b=%4", "/%00", "/a%0ab", "/%7f", "/../etc",
        "/a/%2e%2E/b", "/.", "a", "", "host:80", "ftp://host/"}) {
    const auto parsed = ParseTarget(target);
    ASSERT_FALSE(parsed.ok()) << target;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidInput) << target;
  }
}

TEST(Target, RawPathKeepsTheEncodingAndDropsTheQuery) {
  EXPECT_EQ(RawPath("/a%20b?p=secret"), "/a%20b");
  EXPECT_EQ(RawPath("http://host/a?p=secret"), "/a");
}

}  // namespace
}  // namespace arc::http
