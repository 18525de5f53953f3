#include "data/imports/csv_quotes.h"

#include <gtest/gtest.h>

#include <string>

namespace arc::imports {
namespace {

// Whether `text` ends within a quoted value; the same for every cut into two pieces.
bool EndsOpen(const std::string& text) {
  CsvQuotes whole(',');
  whole.See(text);
  for (std::size_t cut = 0; cut <= text.size(); cut++) {
    CsvQuotes pieces(',');
    pieces.See(std::string_view(text).substr(0, cut));
    pieces.See(std::string_view(text).substr(cut));
    EXPECT_EQ(pieces.is_open(), whole.is_open()) << text << " cut at " << cut;
  }
  return whole.is_open();
}

TEST(CsvQuotes, OnlyTheFirstByteOfAValueOpens) {
  EXPECT_TRUE(EndsOpen("a,\""));
  EXPECT_TRUE(EndsOpen("\"a\nb,c\n"));
  EXPECT_TRUE(EndsOpen("a\r\n\"b"));
  EXPECT_FALSE(EndsOpen("a \"b\n"));
  EXPECT_FALSE(EndsOpen("5\" disk,3\" disk"));
  EXPECT_FALSE(EndsOpen(""));
}

TEST(CsvQuotes, RowsAreMeasuredWithTheirLineEnds) {
  CsvQuotes quotes(',');
  quotes.See("a,b\n1,\"2\n3");
  EXPECT_EQ(quotes.longest_row(), 6u);
  quotes.See("\"\n4,");
  EXPECT_EQ(quotes.longest_row(), 8u);
}

TEST(CsvQuotes, ClosedOnesAreClosed) {
  EXPECT_FALSE(EndsOpen("\"a\",\"b\nc\"\n\"d\""));
  EXPECT_FALSE(EndsOpen("\"say \"\"hi\"\"\""));
  EXPECT_TRUE(EndsOpen("\"say \"\"hi\"\""));
  EXPECT_FALSE(EndsOpen("\"\",\"\"\"\""));
  EXPECT_TRUE(EndsOpen("\"\"\""));
  EXPECT_FALSE(EndsOpen("\"a\"b\"c,d"));  // after the closing quote all is ordinary
}

}  // namespace
}  // namespace arc::imports
