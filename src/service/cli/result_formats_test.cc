#include "service/cli/result_formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "service/cli/display_text.h"
#include "service/cli/human_numbers.h"
#include "service/cli/upload_progress.h"

namespace arc::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::unique_ptr<QueryAnswer> Answer(const std::string& columns, const std::string& data,
                                    int row_count) {
  return QueryAnswer::Parse(R"({"success":true,"columns":)" + columns + R"(,"data":)" + data +
                            R"(,"row_count":)" + std::to_string(row_count) +
                            R"(,"execution_time_ms":12.34})")
      .TakeValue();
}

std::string Table(const std::string& columns, const std::string& data, int row_count,
                  const TableOptions& options = {}) {
  std::ostringstream out;
  EXPECT_TRUE(WriteTable(*Answer(columns, data, row_count), options, out).ok());
  return out.str();
}

std::string Csv(const std::string& columns, const std::string& data) {
  std::ostringstream out;
  EXPECT_TRUE(WriteCsv(*Answer(columns, data, 0), out).ok());
  return out.str();
}

TEST(WriteTableTest, AlignsNumbersRightAndTextLeft) {
  EXPECT_EQ(Table(R"(["host","usage","n"])", R"([["a",1.5,null],["long",-20,7],["",0,8]])", 3),
            " host | usage |    n\n"
            "------+-------+------\n"
            " a    |   1.5 | NULL\n"
            " long |   -20 |    7\n"
            "      |     0 |    8\n"
            "(3 rows, 12.3 ms)\n");
}

TEST(WriteTableTest, AColumnWithATextIsNotNumeric) {
  EXPECT_EQ(Table(R"(["c"])", R"([[1],["abc"]])", 2),
            " c  \n-----\n 1  \n abc\n(2 rows, 12.3 ms)\n");
}

TEST(WriteTableTest, OneRowAndNone) {
  EXPECT_THAT(Table(R"(["c"])", "[[1]]", 1), HasSubstr("\n(1 row, 12.3 ms)\n"));
  EXPECT_EQ(Table(R"(["c"])", "[]", 0), " c\n---\n(0 rows, 12.3 ms)\n");
  EXPECT_EQ(Table("[]", "[]", 0), "(0 rows, 12.3 ms)\n");
}

TEST(WriteTableTest, WideAndCombiningCharactersKeepTheColumnsStraight) {
  EXPECT_EQ(Table(R"(["c","d"])", R"([["日本",1],["e\u0301",2],["abcd",3]])", 3),
            " c    | d\n"
            "------+---\n"
            " 日本 | 1\n"
            " e\u0301    | 2\n"
            " abcd | 3\n"
            "(3 rows, 12.3 ms)\n");
}

TEST(WriteTableTest, ControlCharactersCannotReachTheTerminal) {
  EXPECT_THAT(Table(R"(["a\u001bb"])", R"([["x\ny\t\u001b[2J\u009b"]])", 1),
              testing::AllOf(HasSubstr(" a\\x1bb"), HasSubstr(" x\\ny\\t\\x1b[2J\\x9b\n")));
}

TEST(WriteTableTest, TheWidestColumnsAreCutToTheLine) {
  const std::string columns = R"(["id","text"])";
  const std::string data = R"([[1,"abcdefghijklmnopqrstuvwxyz"]])";
  EXPECT_EQ(Table(columns, data, 1, {.line_columns_max = 20}),
            " id | text        \n"
            "----+--------------\n"
            "  1 | abcdefghijk…\n"
            "(1 row, 12.3 ms)\n");
  EXPECT_THAT(Table(columns, data, 1, {.line_columns_max = 1}), HasSubstr("  1 | abcdefg…\n"));
  EXPECT_THAT(Table(columns, data, 1), HasSubstr("xyz\n"));
}

TEST(WriteTableTest, NullIsDimmedWhereColorsAre) {
  EXPECT_THAT(Table(R"(["c"])", R"([[null],["NULL"]])", 2, {.has_colors = true}),
              HasSubstr(" \x1b[2mNULL\x1b[0m\n NULL\n"));
}

TEST(WriteCsvTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(Csv(R"(["a","b,c"])", R"([["x",1.50],["say \"hi\"","1,2"],["two\nlines","\r"]])"),
            "a,\"b,c\"\nx,1.50\n\"say \"\"hi\"\"\",\"1,2\"\n\"two\nlines\",\"\r\"\n");
}

TEST(WriteCsvTest, NullIsNotTheEmptyText) {
  EXPECT_EQ(Csv(R"(["a","b"])", R"([[null,""],["NULL",true]])"), "a,b\n,\"\"\nNULL,true\n");
  EXPECT_EQ(Csv("[]", "[]"), "");
}

TEST(DisplayTextTest, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(DisplayText("a\xff"), "a\uFFFD");
  EXPECT_EQ(DisplayText("\xe6\x97"), "\uFFFD\uFFFD");
  EXPECT_EQ(DisplayText("a\nb\x7f", LineBreaks::kKeep), "a\nb\\x7f");
}

TEST(DisplayTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutToWidth("日本語", 6), "日本語");
  EXPECT_EQ(CutToWidth("日本語", 5), "日本…");
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(HumanNumbersTest, Formats) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(12'345'678), "12.3 MB");
  EXPECT_EQ(FormatBytes(999'990), "1.0 MB");
  EXPECT_EQ(FormatBytes(5e15), "5000.0 TB");
  EXPECT_EQ(FormatMilliseconds(0.04), "0.0 ms");
  EXPECT_EQ(FormatMilliseconds(999.9), "999.9 ms");
  EXPECT_EQ(FormatMilliseconds(4567), "4.57 s");
  EXPECT_EQ(FormatMilliseconds(200'000), "3 min 20 s");
}

TEST(ProgressLineTest, ShowsPartRateAndWaiting) {
  EXPECT_EQ(ProgressLine(25'000'000, 100'000'000, milliseconds(500), {}, 100),
            "[#######.......................]  25%  25.0 MB of 100.0 MB  50.0 MB/s");
  EXPECT_EQ(ProgressLine(0, 10, milliseconds(0), {}, 100),
            "[..............................]   0%  0 B of 10 B  0 B/s");
  EXPECT_EQ(ProgressLine(10, 10, milliseconds(0), milliseconds(3999), 100),
            "sent 10 B, waiting for the server... 3 s");
  EXPECT_EQ(ProgressLine(0, 10, milliseconds(0), {}, 5), "[...…");
}

class SetClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return 0; }
  SteadyTime NowSteady() const override { return now; }
  SteadyTime now{};
};

TEST(UploadProgressTest, DrawsOftenEnoughAndCleansUp) {
  std::ostringstream out;
  SetClock clock;
  {
    UploadProgress progress(out, clock, 100, 80);
    progress.Update(10);
    progress.Update(20);  // Too soon.
    clock.now += milliseconds(100);
    progress.Update(30);
    progress.Update(100);  // Soon, but the last byte.
    clock.now += milliseconds(2000);
    progress.Update(100);
  }
  std::string lines = out.str();
  EXPECT_THAT(lines, HasSubstr(" 10%"));
  EXPECT_THAT(lines, testing::Not(HasSubstr(" 20%")));
  EXPECT_THAT(lines, HasSubstr(" 30%"));
  EXPECT_THAT(lines, HasSubstr("server... 0 s"));
  EXPECT_THAT(lines, testing::EndsWith("server... 2 s\r\x1b[K"));
}

}  // namespace
}  // namespace arc::cli
