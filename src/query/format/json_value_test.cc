#include "query/format/json_value.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/text/json_text.h"

namespace arc::format {
namespace {

using engine::ResultColumn;
using engine::ResultKind;

// The values of a column, with a space between two.
template <class T>
std::string Values(ResultKind kind, const std::vector<T>& values,
                   const std::vector<std::uint64_t>& validity = {},
                   BigIntegers big_integers = BigIntegers::kNumbers) {
  const ResultColumn column{kind, values.data(), validity.empty() ? nullptr : validity.data()};
  std::string json;
  {
    TextBuffer buffer(json);
    for (std::size_t row = 0; row < values.size(); row++) {
      if (row > 0) buffer.Append(' ');
      AppendJsonValue(buffer, column, row, big_integers);
    }
  }
  return json;
}

TEST(JsonValue, Numbers) {
  EXPECT_EQ(Values<std::int64_t>(ResultKind::kInt64, {INT64_MIN, 0, INT64_MAX}),
            "-9223372036854775808 0 9223372036854775807");
  EXPECT_EQ(Values<std::uint64_t>(ResultKind::kUint64, {UINT64_MAX}), "18446744073709551615");
  EXPECT_EQ(Values<std::int8_t>(ResultKind::kInt8, {-128, 65}), "-128 65");
  EXPECT_EQ(Values<std::uint8_t>(ResultKind::kUint8, {255}), "255");
  EXPECT_EQ(Values<double>(ResultKind::kDouble, {0.1, -1e300, 5e-324, 2}), "0.1 -1e+300 5e-324 2");
  EXPECT_EQ(Values<float>(ResultKind::kFloat, {0.1f}), "0.1");
  EXPECT_EQ(
      Values<std::string_view>(ResultKind::kNumberText, {"170141183460469231731687303715884"}),
      "170141183460469231731687303715884");
}

TEST(JsonValue, IntegersThatADoubleDoesNotHoldAreStringsIfAskedFor) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  EXPECT_EQ(Values<std::int64_t>(ResultKind::kInt64, {kExact, kExact + 1, -kExact, -kExact - 1}, {},
                                 BigIntegers::kStrings),
            "9007199254740992 \"9007199254740993\" -9007199254740992 \"-9007199254740993\"");
  EXPECT_EQ(Values<std::uint64_t>(ResultKind::kUint64, {7, UINT64_MAX}, {}, BigIntegers::kStrings),
            "7 \"18446744073709551615\"");
  EXPECT_EQ(Values<std::string_view>(ResultKind::kNumberText,
                                     {"1234567890123456789", "123456789012345", "0.5"}, {},
                                     BigIntegers::kStrings),
            "\"1234567890123456789\" 123456789012345 0.5");
}

TEST(JsonValue, WhatJsonHasNoWordForIsNull) {
  const auto infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Values<double>(ResultKind::kDouble, {std::nan(""), infinity, -infinity}),
            "null null null");
}

TEST(JsonValue, TimesAreRfc3339) {
  EXPECT_EQ(
      Values<std::int64_t>(ResultKind::kTimestampMicros, {1'500'000, -1, INT64_MAX, -INT64_MAX}),
      "\"1970-01-01T00:00:01.5Z\" \"1969-12-31T23:59:59.999999Z\" \"infinity\" \"-infinity\"");
  EXPECT_EQ(Values<std::int32_t>(ResultKind::kDate, {0, -1, INT32_MAX}),
            "\"1970-01-01\" \"1969-12-31\" \"infinity\"");
}

TEST(JsonValue, LocalTimesHaveNoZone) {
  EXPECT_EQ(Values<std::int64_t>(ResultKind::kLocalMicros, {1'500'000, 0, -INT64_MAX}),
            "\"1970-01-01T00:00:01.5\" \"1970-01-01T00:00:00\" \"-infinity\"");
  EXPECT_EQ(Values<std::int64_t>(ResultKind::kLocalNanos, {1}),
            "\"1970-01-01T00:00:00.000000001\"");
}

TEST(JsonValue, NullsAndTexts) {
  EXPECT_EQ(Values<std::string_view>(ResultKind::kText, {"a\"b", "skipped", ""}, {0b101}),
            "\"a\\\"b\" null \"\"");
  std::string json;
  {
    TextBuffer buffer(json);
    AppendJsonValue(buffer, {ResultKind::kNull, nullptr, nullptr}, 0, BigIntegers::kNumbers);
  }
  EXPECT_EQ(json, "null");
}

// The fast ways beside slow ones.

TEST(JsonValue, DoublesAreTheShortestThatReadBackTheSame) {
  std::mt19937_64 random(11);
  std::vector<double> values = {0,          -0.0,      1e9,   -1e9, 999999999.999999,
                                0.000001,   0.0000005, 1e15,  1e16, 0.1 + 0.2,
                                123456.789, 5e-7,      1.5e-6};
  for (int i = 0; i < 200'000; i++) {
    const auto bits = random();
    values.push_back(std::bit_cast<double>(bits));
    const auto digits = static_cast<double>(static_cast<std::int64_t>(bits >> 20));
    values.push_back(digits / std::pow(10, static_cast<int>(bits % 17)));
    values.push_back(-digits / static_cast<double>(1 << bits % 20));
    values.push_back(std::nextafter(digits / 1e6, static_cast<double>(bits % 2) * 1e300));
  }
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(Values<double>(ResultKind::kDouble, {value}), fmt::format("{}", value));
  }
}

TEST(JsonValue, TextsOfEveryLengthWithEveryByte) {
  std::mt19937 random(5);
  for (std::size_t length = 0; length < 300; length++) {
    for (int i = 0; i < 60; i++) {
      std::string text(length, 'a');
      if (length > 0 && i > 0) text[random() % length] = static_cast<char>(random() % 256);
      ASSERT_EQ(Values<std::string_view>(ResultKind::kText, {text}), JsonString(text));
    }
  }
}

}  // namespace
}  // namespace arc::format
