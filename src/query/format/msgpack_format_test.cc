#include "query/format/msgpack_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "foundation/testing/temp_directory.h"
#include "query/format/msgpack_writer.h"
#include "query/format/test_result.h"

namespace arc::format {
namespace {

using engine::ResultKind;

class MsgpackFormatTest : public ::testing::Test {
 protected:
  static Outcome OutcomeOf(std::uint64_t row_count) { return {row_count, 2.5, "now"}; }

  Result<std::string> Write(int chunk_count) {
    MsgpackFormat format(spool_);
    std::string out;
    TRY(format.Begin(out, result_.columns()));
    for (int i = 0; i < chunk_count; i++) TRY(format.Rows(out, result_.Chunk()));
    EXPECT_EQ(out, "") << "nothing may be sent before the counts are known";
    const auto row_count = 3 * static_cast<std::uint64_t>(chunk_count);
    TRY(format.End(out, OutcomeOf(row_count)));
    while (TRY(format.Rest(out))) {
    }
    return out;
  }

  // What Write(chunk_count) must be, written value by value.
  static std::string Expected(int chunk_count) {
    std::string out;
    MsgpackWriter writer(out);
    const auto row_count = 3 * static_cast<std::size_t>(chunk_count);
    writer.MapOf(7);
    writer.Text("success");
    writer.Bool(true);
    writer.Text("columns");
    writer.ArrayOf(2);
    writer.Text("n");
    writer.Text("a \"b\"");
    writer.Text("types");
    writer.ArrayOf(2);
    writer.Text("int64");
    writer.Text("utf8");
    writer.Text("data");
    writer.ArrayOf(2);
    writer.ArrayOf(row_count);
    for (int i = 0; i < chunk_count; i++) {
      for (const int n : {1, 2, 3}) writer.Int64(n);
    }
    writer.ArrayOf(row_count);
    for (int i = 0; i < chunk_count; i++) {
      writer.Text("x,\"y\"\n");
      writer.Nil();
      writer.Text("");
    }
    writer.Text("row_count");
    writer.Int(static_cast<std::int64_t>(row_count));
    writer.Text("execution_time_ms");
    writer.Int(2);
    writer.Text("timestamp");
    writer.Text("now");
    return out;
  }

  const testing::TempDirectory directory_;
  const TestResult result_;
  Spool spool_{fs::FileSystem::Local(), directory_.path(), 64 << 20};
};

TEST_F(MsgpackFormatTest, ColumnByColumn) {
  EXPECT_EQ(Write(1).value(), Expected(1));
  EXPECT_EQ(Write(0).value(), Expected(0));
}

TEST_F(MsgpackFormatTest, MoreThanMemoryHoldsGoesThroughAFile) {
  constexpr int kChunks = 50'000;  // 1.4 MB and 0.5 MB
  EXPECT_TRUE(Write(kChunks).value() == Expected(kChunks));
  EXPECT_EQ(spool_.byte_count(), 0u) << "given back";
  EXPECT_TRUE(fs::FileSystem::Local().List(directory_.path()).value().empty());
}

TEST_F(MsgpackFormatTest, TheSpoolHasALimit) {
  Spool small(fs::FileSystem::Local(), directory_.path(), 1 << 20);
  MsgpackFormat format(small);
  std::string out;
  ASSERT_TRUE(format.Begin(out, result_.columns()).ok());
  Result<void> written;
  for (int i = 0; i < 100'000 && written.ok(); i++) written = format.Rows(out, result_.Chunk());
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kTooLarge);
  EXPECT_LE(small.byte_count(), 1u << 20);
}

TEST(MsgpackWriter, TheShortestFormOfAnInteger) {
  const auto form = [](std::int64_t value) {
    std::string out;
    MsgpackWriter(out).Int(value);
    return out;
  };
  EXPECT_EQ(form(127), "\x7f");
  EXPECT_EQ(form(-32), "\xe0");
  EXPECT_EQ(form(-33), "\xd0\xdf");
  EXPECT_EQ(form(-128), "\xd0\x80");
  EXPECT_EQ(form(128), std::string("\xd1\x00\x80", 3));
  EXPECT_EQ(form(-32769), "\xd2\xff\xff\x7f\xff");
  EXPECT_EQ(form(INT64_MIN), std::string("\xd3\x80\0\0\0\0\0\0\0", 9));
}

TEST(MsgpackWriter, TheThreeFormsOfATimestamp) {
  const auto form = [](std::int64_t seconds, std::uint32_t nanos) {
    std::string out;
    MsgpackWriter(out).Timestamp(seconds, nanos);
    return out;
  };
  EXPECT_EQ(form(1, 0), std::string("\xd6\xff\0\0\0\x01", 6));
  EXPECT_EQ(form(1, 1), std::string("\xd7\xff\0\0\0\x04\0\0\0\x01", 10));
  EXPECT_EQ(form(-1, 999'999'999),
            std::string("\xc7\x0c\xff\x3b\x9a\xc9\xff\xff\xff\xff\xff\xff\xff\xff\xff", 15));
}

}  // namespace
}  // namespace arc::format
