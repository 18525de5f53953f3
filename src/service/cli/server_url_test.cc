#include "service/cli/server_url.h"

#include <gtest/gtest.h>

namespace arc::cli {
namespace {

TEST(ParseServerUrlTest, TakesItApart) {
  struct Case {
    const char* text;
    const char* origin;
    const char* path;
  };
  for (const auto& [text, origin, path] : {
           Case{"http://localhost:8000", "http://localhost:8000", ""},
           Case{"http://arc.example/", "http://arc.example:80", ""},
           Case{"https://arc.example/", "https://arc.example:443", ""},
           Case{"https://127.0.0.1:9/a", "https://127.0.0.1:9", "/a"},
           Case{"127.0.0.1:9", "http://127.0.0.1:9", ""},
           Case{"http://[::1]:8000/a/b//", "http://[::1]:8000", "/a/b"},
           Case{"[fe80::1]", "http://[fe80::1]:80", ""},
       }) {
    const auto url = ParseServerUrl(text);
    ASSERT_TRUE(url.ok()) << text;
    EXPECT_EQ(url.value().Origin(), origin);
    EXPECT_EQ(url.value().path, path);
  }
}

TEST(ParseServerUrlTest, RefusesWithAReason) {
  for (const char* text :
       {"", "http://", "https://", "ftp://x", "http://host:", "http://host:0", "http://host:65536",
        "http://host:80x", "http://[::1", "http://[::1]x", "http://user:secret@host:80",
        "http://ho st", "http://host/a b", "http://host/?x=1", "http://host\r\nX: y"}) {
    const auto url = ParseServerUrl(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(TargetWithTest, EncodesValuesAndLeavesEmptyOnesOut) {
  EXPECT_EQ(TargetWith("/p", {}), "/p");
  EXPECT_EQ(TargetWith("/p", {{"a", ""}, {"b", "x_1-2.3~"}, {"c", "ä &=\t"}}),
            "/p?b=x_1-2.3~&c=%C3%A4%20%26%3D%09");
}

}  // namespace
}  // namespace arc::cli
