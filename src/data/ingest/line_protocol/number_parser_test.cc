#include "data/ingest/line_protocol/number_parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace arc::ingest::line_protocol {
namespace {

TEST(ParseInteger, ReadsEveryLength) {
  std::string text;
  std::int64_t expected = 0;
  for (int length = 1; length <= 18; length++) {
    text += static_cast<char>('0' + length % 10);
    expected = expected * 10 + length % 10;
    std::int64_t value = 0;
    EXPECT_EQ(ParseInteger(text, value), NumberOutcome::kOk);
    EXPECT_EQ(value, expected);
    EXPECT_EQ(ParseInteger("-" + text, value), NumberOutcome::kOk);
    EXPECT_EQ(value, -expected);
  }
}

TEST(ParseInteger, KnowsItsRange) {
  std::int64_t value = 0;
  EXPECT_EQ(ParseInteger("9223372036854775807", value), NumberOutcome::kOk);
  EXPECT_EQ(value, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseInteger("-9223372036854775808", value), NumberOutcome::kOk);
  EXPECT_EQ(value, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseInteger("000000000000000000000000000012", value), NumberOutcome::kOk);
  EXPECT_EQ(value, 12);
  EXPECT_EQ(ParseInteger("00000000000000000000000000000", value), NumberOutcome::kOk);
  EXPECT_EQ(value, 0);
  for (const auto* text : {"9223372036854775808", "-9223372036854775809", "99999999999999999999",
                           "18446744073709551617", "100000000000000000000000"}) {
    EXPECT_EQ(ParseInteger(text, value), NumberOutcome::kOutOfRange) << text;
  }
  EXPECT_EQ(ParseUnsigned("9223372036854775807", value), NumberOutcome::kOk);
  EXPECT_EQ(ParseUnsigned("9223372036854775808", value), NumberOutcome::kOutOfRange);
}

TEST(ParseInteger, RefusesEverythingElse) {
  std::int64_t value = 0;
  for (const auto* text : {"", "-", "+", "--1", "1-", "1 ", " 1", "0x1", "1234567:", "12345678/",
                           "1234567812345678a", "1.0", "1e3"}) {
    EXPECT_EQ(ParseInteger(text, value), NumberOutcome::kMalformed) << text;
  }
  EXPECT_EQ(ParseUnsigned("-1", value), NumberOutcome::kMalformed);
}

// Every byte in every place of eight digits: only digits are digits.
TEST(ParseInteger, RefusesEveryByteThatIsNoDigit) {
  for (std::size_t place = 0; place < 8; place++) {
    for (int byte = 0; byte < 256; byte++) {
      std::string text = "12345678";
      text[place] = static_cast<char>(byte);
      const bool is_digit = byte >= '0' && byte <= '9';
      const bool is_sign = place == 0 && (byte == '-' || byte == '+');
      std::int64_t value = 0;
      const bool is_ok = ParseInteger(text, value) == NumberOutcome::kOk;
      EXPECT_EQ(is_ok, is_digit || is_sign) << place << " " << byte;
    }
  }
}

TEST(ParseDouble, RefusesEverythingThatIsNoDecimalNumber) {
  double value = 0;
  for (const auto* text :
       {"",    "-",    "+",   ".",   "-.", "e5", ".e5", "1e",  "1e+",   "1e-",  "1.5.2",
        "1,5", "0x10", "inf", "nan", "1f", "1 ", " 1",  "+-1", "1e5.5", "1e5e5"}) {
    EXPECT_EQ(ParseDouble(text, value), NumberOutcome::kMalformed) << text;
  }
  for (const auto* text : {"1e309", "-1e309", "1e999999999999999999999", "1e-400", "-1e-400"}) {
    EXPECT_EQ(ParseDouble(text, value), NumberOutcome::kOutOfRange) << text;
  }
}

void ExpectLikeStandardLibrary(const std::string& text) {
  double value = 0;
  ASSERT_EQ(ParseDouble(text, value), NumberOutcome::kOk) << text;
  const double expected = std::strtod(text.c_str(), nullptr);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(expected)) << text;
}

TEST(ParseDouble, HardCasesAreExact) {
  for (const auto* text : {"0",
                           "-0",
                           "+0.0",
                           "5.",
                           ".5",
                           "-.5e1",
                           "1E5",
                           "1e+22",
                           "1e22",
                           "1e23",
                           "1e-22",
                           "1e-23",
                           "9007199254740992",
                           "9007199254740993",
                           "9007199254740993e0",
                           "123456789012345678901234567",
                           "0.1",
                           "0.30000000000000004",
                           "2.2250738585072014e-308",
                           "5e-324",
                           "4.9e-324",
                           "1.7976931348623157e308",
                           "0e999",
                           "0.0e-999",
                           "00000000000000000000000000001.5",
                           "0.00000000000000000000000000000000001",
                           "8.5e-00000000001",
                           "58.1317132304976170"}) {
    ExpectLikeStandardLibrary(text);
  }
}

TEST(ParseDouble, RandomNumbersAreExact) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; i++) {
    const auto bits = std::bit_cast<double>(random());
    if (std::isfinite(bits)) ExpectLikeStandardLibrary(fmt::format("{}", bits));
    const auto digits = std::to_string(random() >> (random() % 64));
    const auto point = random() % (digits.size() + 1);
    const auto text = digits.substr(0, point) + "." + digits.substr(point);
    ExpectLikeStandardLibrary(text);
    ExpectLikeStandardLibrary(fmt::format("{}e{}", text, static_cast<int>(random() % 60) - 30));
  }
}

}  // namespace
}  // namespace arc::ingest::line_protocol
