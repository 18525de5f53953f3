#include "service/cli/statement_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace arc::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> TakeAll(StatementBuffer& buffer) {
  std::vector<std::string> statements;
  while (auto statement = buffer.Take()) statements.push_back(*statement);
  return statements;
}

// The statements of one line.
std::vector<std::string> Split(std::string_view line) {
  StatementBuffer buffer;
  buffer.AddLine(line);
  return TakeAll(buffer);
}

TEST(StatementBufferTest, ASemicolonEndsAStatement) {
  EXPECT_THAT(Split("SELECT 1;"), ElementsAre("SELECT 1"));
  EXPECT_THAT(Split(" SELECT 1 ; ;; SELECT\t2; SELECT"), ElementsAre("SELECT 1", "SELECT\t2"));
  EXPECT_THAT(Split("SELECT 1"), IsEmpty());
}

TEST(StatementBufferTest, LinesAreOneStatementUntilThen) {
  StatementBuffer buffer;
  EXPECT_TRUE(buffer.is_empty());
  buffer.AddLine("SELECT 'a");
  EXPECT_THAT(TakeAll(buffer), IsEmpty());
  EXPECT_FALSE(buffer.is_empty());
  buffer.AddLine("  ;b' AS x");
  EXPECT_THAT(TakeAll(buffer), IsEmpty());
  buffer.AddLine("; SELECT 2;");
  EXPECT_THAT(TakeAll(buffer), ElementsAre("SELECT 'a\n  ;b' AS x", "SELECT 2"));
  EXPECT_TRUE(buffer.is_empty());
}

TEST(StatementBufferTest, QuotesAndCommentsHideSemicolons) {
  for (const std::string statement :
       {"SELECT ';', 'it''s;'", "SELECT \"a;b\"", "SELECT $$;$$", "SELECT $tag$ ;$$; $tag$",
        R"(SELECT E'\';')", "SELECT 1 /* ; */", "SELECT $1 + $2", "SELECT a$b", "SELECT 'e'",
        R"(SELECT 'a\')", R"(SELECT type'\')"}) {
    EXPECT_THAT(Split(statement + ";"), ElementsAre(statement));
  }
  StatementBuffer buffer;
  buffer.AddLine("SELECT 1 -- all; of it");
  EXPECT_THAT(TakeAll(buffer), IsEmpty());
  buffer.AddLine(";");
  EXPECT_THAT(TakeAll(buffer), ElementsAre("SELECT 1 -- all; of it"));
}

TEST(StatementBufferTest, CommentsAndSpacesAreNothing) {
  StatementBuffer buffer;
  for (const auto* line : {"", "   ", "-- note", "/* note */", "-- a;", ";"}) {
    buffer.AddLine(line);
    EXPECT_THAT(TakeAll(buffer), IsEmpty());
    EXPECT_TRUE(buffer.is_empty()) << line;
  }
  buffer.AddLine("/* begins");
  EXPECT_THAT(TakeAll(buffer), IsEmpty());
  EXPECT_FALSE(buffer.is_empty());
  buffer.Clear();
  EXPECT_TRUE(buffer.is_empty());
}

// However a text is cut into lines, the statements are the same but for the ends of lines.
TEST(StatementBufferTest, ResultsDoNotDependOnTheCut) {
  const std::string text = "SELECT '\n;' , $x$\n;$x$;\nSELECT /*\n;*/ 2 -- ;\n;";
  StatementBuffer whole;
  whole.AddLine(text);
  const auto expected = TakeAll(whole);
  StatementBuffer buffer;
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    buffer.AddLine(std::string_view(text).substr(begin, end - begin));
    for (auto& statement : TakeAll(buffer)) found.push_back(statement);
    begin = end + 1;
  }
  EXPECT_EQ(expected.size(), 2U);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace arc::cli
