#include "foundation/model/names.h"

#include <gtest/gtest.h>

namespace arc {
namespace {

TEST(NamesTest, RulesOfTheContract) {
  for (const auto* name : {"a", "Prod", "my-db", "x_1", "A9"}) {
    EXPECT_TRUE(CheckDatabaseName(name).ok()) << name;
    EXPECT_TRUE(CheckMeasurementName(name).ok()) << name;
  }
  for (const auto* name : {"", "1a", "_a", "-a", "a.b", "a b", "../x", "a/b", "\xc3\xa4", "a\n"}) {
    EXPECT_FALSE(CheckDatabaseName(name).ok()) << name;
    EXPECT_FALSE(CheckMeasurementName(name).ok()) << name;
  }
  EXPECT_TRUE(CheckDatabaseName(std::string(64, 'a')).ok());
  EXPECT_FALSE(CheckDatabaseName(std::string(65, 'a')).ok());
  EXPECT_TRUE(CheckMeasurementName(std::string(128, 'a')).ok());
  EXPECT_FALSE(CheckMeasurementName(std::string(129, 'a')).ok());
}

TEST(NamesTest, NamesThatSqlAlreadyHasAreReservedForDatabasesOnly) {
  for (const auto* name : {"system", "Internal", "information_schema", "TEMP", "main", "arc"}) {
    EXPECT_FALSE(CheckDatabaseName(name).ok()) << name;
    EXPECT_TRUE(CheckMeasurementName(name).ok()) << name;
  }
  EXPECT_TRUE(CheckDatabaseName("default").ok());
}

TEST(NamesTest, CaseOfAsciiLettersOnlyIsIgnored) {
  EXPECT_TRUE(EqualIgnoringCase("aBc-1", "AbC-1"));
  EXPECT_FALSE(EqualIgnoringCase("ab", "abc"));
  EXPECT_FALSE(EqualIgnoringCase("\xc3\xa4", "\xc3\x84"));
}

}  // namespace
}  // namespace arc
