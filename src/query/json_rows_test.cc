#include "query/json_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace arc::query {
namespace {

using engine::ResultChunk;
using engine::ResultColumn;
using engine::ResultKind;

// One column of `values` as JSON rows.
template <class T>
std::string Rows(ResultKind kind, const std::vector<T>& values,
                 const std::vector<std::uint64_t>& validity = {}) {
  ResultChunk chunk;
  chunk.row_count = values.size();
  chunk.columns.push_back({kind, values.data(), validity.empty() ? nullptr : validity.data()});
  std::string json;
  AppendJsonRows(json, chunk);
  return json;
}

TEST(JsonRowsTest, Numbers) {
  EXPECT_EQ(Rows<std::int64_t>(ResultKind::kInt64, {INT64_MIN, 0, INT64_MAX}),
            "[-9223372036854775808],[0],[9223372036854775807]");
  EXPECT_EQ(Rows<std::uint64_t>(ResultKind::kUint64, {UINT64_MAX}), "[18446744073709551615]");
  EXPECT_EQ(Rows<std::int8_t>(ResultKind::kInt8, {-128, 65}), "[-128],[65]");
  EXPECT_EQ(Rows<std::uint8_t>(ResultKind::kUint8, {255}), "[255]");
  EXPECT_EQ(Rows<double>(ResultKind::kDouble, {0.1, -1e300, 5e-324, 2}),
            "[0.1],[-1e+300],[5e-324],[2]");
  EXPECT_EQ(Rows<float>(ResultKind::kFloat, {0.1f}), "[0.1]");
  EXPECT_EQ(Rows<std::string_view>(ResultKind::kNumberText, {"170141183460469231731687303715884"}),
            "[170141183460469231731687303715884]");
}

TEST(JsonRowsTest, WhatJsonHasNoWordForIsNull) {
  const auto infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Rows<double>(ResultKind::kDouble, {std::nan(""), infinity, -infinity}),
            "[null],[null],[null]");
}

TEST(JsonRowsTest, TimesAreRfc3339) {
  EXPECT_EQ(
      Rows<std::int64_t>(ResultKind::kTimestampMicros, {1'500'000, -1, INT64_MAX, -INT64_MAX}),
      "[\"1970-01-01T00:00:01.5Z\"],[\"1969-12-31T23:59:59.999999Z\"],[\"infinity\"],"
      "[\"-infinity\"]");
  EXPECT_EQ(Rows<std::int32_t>(ResultKind::kDate, {0, -1, INT32_MAX}),
            "[\"1970-01-01T00:00:00Z\"],[\"1969-12-31T00:00:00Z\"],[\"infinity\"]");
  EXPECT_EQ(Rows<std::int64_t>(ResultKind::kTimestampNanos, {1}),
            "[\"1970-01-01T00:00:00.000000001Z\"]");
}

TEST(JsonRowsTest, NullsAndTexts) {
  EXPECT_EQ(Rows<std::string_view>(ResultKind::kText, {"a\"b", "skipped", ""}, {0b101}),
            "[\"a\\\"b\"],[null],[\"\"]");
  ResultChunk chunk;
  chunk.row_count = 1;
  const bool yes = true;
  chunk.columns = {{ResultKind::kNull, nullptr, nullptr}, {ResultKind::kBool, &yes, nullptr}};
  std::string json;
  AppendJsonRows(json, chunk);
  EXPECT_EQ(json, "[null,true]");
}

TEST(JsonRowsTest, Names) {
  std::string json;
  AppendJsonNames(json, {{"time", ResultKind::kInt64, ""}, {"a \"b\"", ResultKind::kText, ""}});
  EXPECT_EQ(json, "[\"time\",\"a \\\"b\\\"\"]");
}

}  // namespace
}  // namespace arc::query
