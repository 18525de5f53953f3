#include "foundation/text/ascii.h"

#include <gtest/gtest.h>

namespace arc {
namespace {

TEST(Ascii, CaseOfLettersAlone) {
  EXPECT_EQ(ToLower("AZ az [\xc3\x84"), "az az [\xc3\x84");
  EXPECT_TRUE(EqualIgnoringCase("aBc-1", "AbC-1"));
  EXPECT_FALSE(EqualIgnoringCase("ab", "abc"));
  EXPECT_FALSE(EqualIgnoringCase("[", "{"));
  EXPECT_FALSE(EqualIgnoringCase("\xc3\xa4", "\xc3\x84"));
}

TEST(Ascii, Beginnings) {
  EXPECT_TRUE(StartsIgnoringCase("Basic abc", "basic"));
  EXPECT_TRUE(StartsIgnoringCase("basic", "BASIC"));
  EXPECT_TRUE(StartsIgnoringCase("", ""));
  EXPECT_FALSE(StartsIgnoringCase("basi", "basic"));
}

TEST(Ascii, SpacesAround) {
  for (const auto* text : {"a b", " a b", "a b\t", "\t  a b \t "})
    EXPECT_EQ(TrimSpaces(text), "a b");
  for (const auto* text : {"", " ", " \t "}) EXPECT_EQ(TrimSpaces(text), "");
  EXPECT_EQ(TrimSpaces("a\r\n"), "a\r\n");
}

}  // namespace
}  // namespace arc
