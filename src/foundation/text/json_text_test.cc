#include "foundation/text/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include <boost/json.hpp>

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

TEST(JsonTextTest, WholeValues) {
  using boost::json::array;
  using boost::json::object;
  EXPECT_EQ(JsonText({}), "{}");
  EXPECT_EQ(JsonText({{"z", nullptr}, {"a", array{true, false, array{}}}, {"o", object{{"x", 1}}}}),
            R"({"z":null,"a":[true,false,[]],"o":{"x":1}})");
  EXPECT_EQ(JsonText({{"bad\xff", "a\n\xff"}}), "{\"bad\xef\xbf\xbd\":\"a\\n\xef\xbf\xbd\"}");
}

TEST(JsonTextTest, NumbersAsPeopleWriteThem) {
  EXPECT_EQ(JsonText({{"v", std::numeric_limits<std::uint64_t>::max()}}),
            R"({"v":18446744073709551615})");
  EXPECT_EQ(JsonText({{"v", std::numeric_limits<std::int64_t>::min()}}),
            R"({"v":-9223372036854775808})");
  EXPECT_EQ(JsonText({{"v", 0.5}}), R"({"v":0.5})");
  EXPECT_EQ(JsonText({{"v", 0.1}}), R"({"v":0.1})");
  EXPECT_EQ(JsonText({{"v", 1234.0}}), R"({"v":1234})");
  EXPECT_EQ(JsonText({{"v", 1e300}}), R"({"v":1e+300})");
  EXPECT_EQ(JsonText({{"v", std::nan("")}}), R"({"v":null})");
  EXPECT_EQ(JsonText({{"v", -HUGE_VAL}}), R"({"v":null})");
}

}  // namespace
}  // namespace arc
