#include "service/cli/query_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arc::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Answer(const std::string& columns, const std::string& data,
                   const std::string& more = "") {
  return R"({"success":true,"columns":)" + columns + R"(,"data":)" + data +
         R"(,"row_count":2,"execution_time_ms":1.5,"timestamp":"2026-01-01T00:00:00Z")" + more +
         "}";
}

// All cells, each as kind and text.
std::vector<std::string> Cells(QueryAnswer& answer) {
  constexpr const char* kKinds[] = {"null", "boolean", "number", "text", "nested"};
  std::vector<std::string> all;
  const auto result = answer.ForEachRow([&](std::span<const Cell> cells) {
    for (const auto& cell : cells) {
      all.push_back(std::string(kKinds[static_cast<int>(cell.kind)]) + ":" +
                    std::string(cell.text));
    }
  });
  EXPECT_TRUE(result.ok()) << result.error().message;
  return all;
}

std::string Failure(std::string json) {
  const auto answer = QueryAnswer::Parse(std::move(json));
  EXPECT_FALSE(answer.ok());
  return answer.ok() ? "" : answer.error().message;
}

TEST(QueryAnswerTest, ReadsSummaryAndRows) {
  const auto answer =
      QueryAnswer::Parse(Answer(R"(["a","b ö"])", R"([ [1, "x"] , [null,true] ])")).TakeValue();
  EXPECT_THAT(answer->columns(), ElementsAre("a", "b ö"));
  EXPECT_EQ(answer->row_count(), 2U);
  EXPECT_EQ(answer->execution_time_ms(), 1.5);
  EXPECT_EQ(answer->incomplete_reason(), "");
  const auto expected = ElementsAre("number:1", "text:x", "null:", "boolean:true");
  EXPECT_THAT(Cells(*answer), expected);
  EXPECT_THAT(Cells(*answer), expected) << "a second time";
}

TEST(QueryAnswerTest, RowsMayBeVisitedAsOftenAsWanted) {
  const std::string text(10'000, 'x');
  const auto answer = QueryAnswer::Parse(Answer(R"(["a"])", "[[\"" + text + "\"]]")).TakeValue();
  for (int i = 0; i < 5; ++i) EXPECT_THAT(Cells(*answer), ElementsAre("text:" + text));
}

TEST(QueryAnswerTest, NumbersKeepEveryDigit) {
  const auto answer =
      QueryAnswer::Parse(Answer(R"(["a","b","c"])",
                                "[[170141183460469231731687303715884105727 ,1.10, -2.5e-300]]"))
          .TakeValue();
  EXPECT_THAT(Cells(*answer), ElementsAre("number:170141183460469231731687303715884105727",
                                          "number:1.10", "number:-2.5e-300"));
}

TEST(QueryAnswerTest, TextsAreUnescapedAndNestedValuesAreJson) {
  const auto answer =
      QueryAnswer::Parse(Answer(R"(["a","b","c"])", R"([["q\"\nö\u00e4", [1, [2]], {"k": "v"}]])"))
          .TakeValue();
  EXPECT_THAT(Cells(*answer), ElementsAre("text:q\"\nöä", "nested:[1,[2]]", R"(nested:{"k":"v"})"));
}

TEST(QueryAnswerTest, NestedValuesAreWhatTheyWere) {
  const std::string nested = R"([[],{},[[1,2.50],[null,true]],)"
                             R"({"a\"b":"c\\d\n","e":{"f":[],"g":-0}}])";
  const auto answer = QueryAnswer::Parse(Answer(R"(["a"])", "[[" + nested + "]]")).TakeValue();
  EXPECT_THAT(Cells(*answer), ElementsAre("nested:" + nested));
}

TEST(QueryAnswerTest, MembersOfTheWrongTypeAreRefused) {
  for (const char* member : {R"("row_count":-1)", R"("row_count":1.5)", R"("error":[])",
                             R"("truncated":"no")", R"("rows_capped":{})", R"("columns":[["a"]])",
                             R"("columns":{"a":1})", R"("execution_time_ms":null)"}) {
    const auto message = Failure(R"({"success":true,)" + std::string(member) + "}");
    EXPECT_THAT(message, HasSubstr("is of another type")) << member;
  }
  const auto unknown = QueryAnswer::Parse(R"({"success":true,"more":[{"row_count":[]}]})");
  EXPECT_TRUE(unknown.ok()) << unknown.error().message;
}

TEST(QueryAnswerTest, NothingMayFollowTheAnswer) {
  EXPECT_TRUE(QueryAnswer::Parse(Answer("[]", "[]") + " \n").ok());
  EXPECT_THAT(Failure(Answer("[]", "[]") + "{}"), HasSubstr("not JSON"));
}

TEST(QueryAnswerTest, TheOrderOfTheMembersDoesNotMatter) {
  const auto answer =
      QueryAnswer::Parse(R"({"data":[[7]],"row_count":1,"columns":["a"],"success":true})")
          .TakeValue();
  EXPECT_THAT(Cells(*answer), ElementsAre("number:7"));
}

TEST(QueryAnswerTest, NoColumnsAndNoRows) {
  const auto answer = QueryAnswer::Parse(Answer("[]", "[]")).TakeValue();
  EXPECT_THAT(answer->columns(), ElementsAre());
  EXPECT_THAT(Cells(*answer), ElementsAre());
}

TEST(QueryAnswerTest, AnIncompleteResultSaysWhy) {
  const auto truncated =
      QueryAnswer::Parse(Answer("[]", "[]", R"(,"truncated":true,"truncation_reason":"disk")"));
  EXPECT_EQ(truncated.value()->incomplete_reason(), "disk");
  const auto capped = QueryAnswer::Parse(Answer("[]", "[]", R"(,"rows_capped":true)"));
  EXPECT_THAT(capped.value()->incomplete_reason(), HasSubstr("limits how many rows"));
}

TEST(QueryAnswerTest, TheServersErrorIsOurs) {
  EXPECT_EQ(Failure(R"({"success":false,"columns":null,"data":null,"row_count":0,)"
                    R"("error":"no such\ntable \u001b[31m"})"),
            "no such\ntable \\x1b[31m");
}

TEST(QueryAnswerTest, WhatIsNotAnAnswerIsRefused) {
  for (const char* json : {"", "x", "[]", "7", "{}", R"({"success":1})",
                           R"({"success":true,"columns":[1]})", "\xff\xfe"}) {
    Failure(json);
  }
}

TEST(QueryAnswerTest, RowsMustMatchTheColumns) {
  for (const char* data : {"[[1]]", "[[1,2,3]]", "[1]", "7", "null", R"({"a":1})"}) {
    const auto answer = QueryAnswer::Parse(Answer(R"(["a","b"])", data));
    ASSERT_TRUE(answer.ok()) << data;
    EXPECT_FALSE(answer.value()->ForEachRow([](auto) {}).ok()) << data;
  }
}

TEST(QueryAnswerTest, EveryCutAnswerIsRefused) {
  const std::string whole = Answer(R"(["a"])", R"([["text"],[1.5],[null]])");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_FALSE(QueryAnswer::Parse(whole.substr(0, bytes)).ok()) << bytes;
  }
}

}  // namespace
}  // namespace arc::cli
