#include "foundation/text/json_text.h"

#include <gtest/gtest.h>

namespace arc {
namespace {

TEST(JsonTextTest, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("plain"), "\"plain\"");
  EXPECT_EQ(JsonString("a\"b\\c\nd\te\rf"), "\"a\\\"b\\\\c\\nd\\te\\rf\"");
  EXPECT_EQ(JsonString(std::string_view("\0\x1f", 2)), "\"\\u0000\\u001f\"");
}

TEST(JsonTextTest, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(JsonString("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(JsonString("a\xff"
                       "b"),
            "\"a" + replacement + "b\"");
  EXPECT_EQ(JsonString("\xc3"), "\"" + replacement + "\"") << "cut sequence";
  EXPECT_EQ(JsonString("\xc0\xaf"), "\"" + replacement + replacement + "\"") << "overlong";
  EXPECT_EQ(JsonString("\xed\xa0\x80"), "\"" + replacement + replacement + replacement + "\"");
}

}  // namespace
}  // namespace arc
