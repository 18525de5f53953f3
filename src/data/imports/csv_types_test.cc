#include "data/imports/csv_types.h"

#include <gtest/gtest.h>

namespace arc::imports {
namespace {

using Texts = std::vector<std::string>;

CsvTypeFinder Seen(const CsvValues& values, const Texts& texts) {
  CsvTypeFinder finder(values);
  for (const auto& text : texts) finder.See(text);
  return finder;
}

std::string TypeOf(const Texts& texts, ColumnType known = ColumnType::kNull,
                   const CsvRules& rules = {}) {
  const CsvValues values(rules);
  return std::string(ToString(Seen(values, texts).Find(known)));
}

std::string WhyText(const Texts& texts, const CsvRules& rules = {}) {
  const CsvValues values(rules);
  return Seen(values, texts).WhyNoNumber();
}

CsvRules Nulls(Texts texts) { return {.null_values = std::move(texts)}; }
const CsvRules kRound{.long_numbers = LongNumbers::kRound};
const CsvRules kComma{.decimal_point = ','};

TEST(CsvTypes, ANumberLosesNothingOfItsText) {
  for (const auto* text : {"01067", "-01", "00", "00.5", "+49", "+1.5", "12345678901234567890",
                           "12345678901234567890.12", "99999999999999999.99", "1e400", "1e-400",
                           "nan(1)", "0x10", "1_000", "1,5", "1 000", "--1",
                           "1."
                           "5."}) {
    EXPECT_EQ(TypeOf({"1", text, "2"}), "string") << text;
    EXPECT_EQ(TypeOf({text}), "string") << text;
    EXPECT_EQ(TypeOf({"1", text}, ColumnType::kDouble), "string") << text;
  }
  for (const auto* text : {"0", "-5", "9223372036854775807", "1067"}) {
    EXPECT_EQ(TypeOf({text}), "integer") << text;
  }
  for (const auto* text : {"0.1", "-0", "-0.5", "1e5", ".5", "0.10000000000000001", "inf"}) {
    EXPECT_EQ(TypeOf({text}), "float") << text;
  }
}

TEST(CsvTypes, IntegersThatNoFloatKeepsDoNotJoinFractions) {
  EXPECT_EQ(TypeOf({"9007199254740993"}), "integer");
  EXPECT_EQ(TypeOf({"9007199254740993", "0.5"}), "string");
  EXPECT_EQ(TypeOf({"0.5", "9007199254740993"}), "string");
  EXPECT_EQ(TypeOf({"9007199254740992", "0.5"}), "float");
  EXPECT_EQ(TypeOf({"9007199254740993"}, ColumnType::kDouble), "string");
  EXPECT_EQ(TypeOf({"9007199254740993"}, ColumnType::kInt64), "integer");
  EXPECT_EQ(TypeOf({"9007199254740993", "0.5"}, ColumnType::kNull, kRound), "float");
  EXPECT_EQ(WhyText({"0.5", "9007199254740993"}),
            "\"9007199254740993\" has more digits than a float keeps");
}

TEST(CsvTypes, LongNumbersAreRoundedWhenThatIsAskedFor) {
  EXPECT_EQ(TypeOf({"12345678901234567890.12"}, ColumnType::kNull, kRound), "float");
  EXPECT_EQ(TypeOf({"12345678901234567890"}, ColumnType::kNull, kRound), "float");
  EXPECT_EQ(TypeOf({"01067"}, ColumnType::kNull, kRound), "string");
  EXPECT_EQ(CsvValues(kRound).Double("99999999999999999.99"), 1e17);
  EXPECT_FALSE(CsvValues({}).Double("99999999999999999.99"));
}

TEST(CsvTypes, TheUsualSpellingsOfNothingAreNullsAmongNumbers) {
  for (const auto* text :
       {"NA",   "n/a",    "N/A", "#N/A", "#NA",  "<NA>", "NaN", "nan", "-nan", "NULL",
        "null", "(null)", "nil", "None", "none", "-",    "--",  "\\N", " NA ", " "}) {
    EXPECT_EQ(TypeOf({"1", text}), "integer") << text;
    EXPECT_EQ(TypeOf({text, "1.5"}), "float") << text;
    EXPECT_EQ(TypeOf({text, "true"}), "boolean") << text;
    EXPECT_EQ(TypeOf({text}, ColumnType::kInt64), "null") << text;
    EXPECT_TRUE(CsvValues({}).IsNull(text)) << text;
    EXPECT_FALSE(CsvValues({}).IsNullEverywhere(text)) << text;
  }
  for (const auto* text : {"N", "Nada", "nothing", "-a", "?", "---", "NA1", "\\"}) {
    EXPECT_EQ(TypeOf({"1", text}), "string") << text;
  }
}

TEST(CsvTypes, SpellingsOfNothingAloneAreTexts) {
  EXPECT_EQ(TypeOf({"NA", "none"}), "string");
  EXPECT_EQ(TypeOf({"NA", "Rome"}), "string");
  EXPECT_EQ(TypeOf({"NA"}, ColumnType::kString), "string");
  EXPECT_EQ(TypeOf({"NaN", "NA"}), "float");
  EXPECT_EQ(TypeOf({"", "  "}), "null");
}

TEST(CsvTypes, NamedSpellingsStandForNothingEverywhere) {
  const auto rules = Nulls({"-999", " x "});
  EXPECT_EQ(TypeOf({"1", "-999", "x"}, ColumnType::kNull, rules), "integer");
  EXPECT_EQ(TypeOf({"1", "X"}, ColumnType::kNull, rules), "string");
  EXPECT_EQ(TypeOf({"1", "NA"}, ColumnType::kNull, rules), "string");
  EXPECT_EQ(TypeOf({"-999"}, ColumnType::kNull, rules), "null");
  EXPECT_EQ(TypeOf({"-999"}, ColumnType::kString, rules), "null");
  EXPECT_TRUE(CsvValues(rules).IsNullEverywhere("x"));
  EXPECT_TRUE(CsvValues(rules).IsNullEverywhere(" -999"));
  EXPECT_FALSE(CsvValues(rules).IsNullEverywhere(""));
  EXPECT_EQ(TypeOf({"1", "NA"}, ColumnType::kNull, Nulls({})), "string");
  EXPECT_EQ(TypeOf({"1", ""}, ColumnType::kNull, Nulls({})), "integer");
}

TEST(CsvTypes, SpacesAroundDoNotCount) {
  EXPECT_EQ(TypeOf({" 3 ", "\t4"}), "integer");
  EXPECT_EQ(TypeOf({" 1.5 "}), "float");
  EXPECT_EQ(TypeOf({" True "}), "boolean");
  EXPECT_EQ(TypeOf({" 01 "}), "string");
  EXPECT_EQ(CsvValues({}).Integer(" 3 "), 3);
  EXPECT_EQ(CsvValues({}).Double(" 1.5\t"), 1.5);
  EXPECT_EQ(CsvValues({}).Bool(" TRUE"), true);
}

TEST(CsvTypes, DecimalCommas) {
  EXPECT_EQ(TypeOf({"1,5", "2"}, ColumnType::kNull, kComma), "float");
  EXPECT_EQ(CsvValues(kComma).Double("-21,5"), -21.5);
  for (const auto* text : {"1.5", "1.234,5", "1,2,3", "01,5", "+1,5", "12345678901234567,89"}) {
    EXPECT_EQ(TypeOf({text}, ColumnType::kNull, kComma), "string") << text;
  }
  EXPECT_EQ(WhyText({"1", "1,5"}),
            "\"1,5\" has a decimal comma (decimal_comma=true reads such numbers)");
  EXPECT_EQ(WhyText({"1.5"}, kComma), "\"1.5\" has a decimal point, while decimal_comma is set");
}

TEST(CsvTypes, SaysWhyAColumnIsText) {
  EXPECT_EQ(WhyText({"1", "", "2.5"}), "");
  EXPECT_EQ(WhyText({"1", "01067", "x"}), "\"01067\" has a zero in front that a number would lose");
  EXPECT_EQ(WhyText({"+49"}), "\"+49\" has a plus sign that a number would lose");
  EXPECT_EQ(WhyText({"12345678901234567890.12"}),
            "\"12345678901234567890.12\" has more digits than a float keeps (long_numbers=round "
            "rounds such numbers)");
  EXPECT_EQ(WhyText({"1", "x"}), "\"x\" is neither a number nor a boolean");
  EXPECT_EQ(WhyText({"2", "true"}), "\"true\" is no number");
  const CsvValues values({});
  EXPECT_TRUE(Seen(values, {"1", "01", "x", "NA"}).IsMostlyNumbers());
  EXPECT_FALSE(Seen(values, {"1", "x"}).IsMostlyNumbers());
}

TEST(CsvTypes, WhatDoesNotJoinIsLeftOut) {
  const CsvValues values({});
  EXPECT_EQ(Seen(values, {"1", "01"}).FindJoining(ColumnType::kInt64), ColumnType::kInt64);
  EXPECT_EQ(Seen(values, {"1.5", "01"}).FindJoining(ColumnType::kInt64), ColumnType::kDouble);
  EXPECT_EQ(Seen(values, {"9007199254740993"}).FindJoining(ColumnType::kDouble),
            ColumnType::kDouble);
  EXPECT_EQ(Seen(values, {"1", "01"}).FindJoining(ColumnType::kNull), ColumnType::kString);
}

}  // namespace
}  // namespace arc::imports
