#include "data/encoding/parquet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>

#include "data/encoding/parquet_check.h"
#include "data/encoding/read_back.h"
#include "foundation/base/crc32c.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/temp_directory.h"

namespace arc::encoding {
namespace {

using arc::testing::BatchBuilder;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr auto kNone = std::nullopt;

class ParquetFileTest : public ::testing::Test {
 protected:
  // Writes all rows of `batches` in time order, and returns the path.
  std::string Write(const RowSchema& schema, std::vector<ColumnBatch> batches,
                    Compression compression = Compression::kLz4) {
    for (auto& batch : batches) {
      EXPECT_EQ(FindBrokenRule(batch), "");
      const auto row_count = batch.row_count();
      slices_.push_back({std::make_shared<ColumnBatch>(std::move(batch)), 0, row_count});
    }
    const auto order = OrderByTime(slices_);
    const auto path = folder_.path() + "/file" + std::to_string(file_count_++);
    auto file = fs::FileSystem::Local().Create(path);
    EXPECT_TRUE(file.ok());
    const auto written = WriteParquetFile(*file.value(), schema, SourceColumns(schema, slices_),
                                          {order.times, order.rows},
                                          {MeasurementId{7}, Lsn{3}, Lsn{9}}, compression);
    EXPECT_TRUE(written.ok()) << LogText(written.error());
    written_ = written.value();
    EXPECT_TRUE(file.value()->Close().ok());
    const auto checked =
        CheckParquetFile(fs::FileSystem::Local(), path, EntryOf(order.times.size()));
    EXPECT_TRUE(checked.ok()) << LogText(checked.error());
    slices_.clear();
    return path;
  }
  // What the catalog would hold of the last file.
  catalog::FileEntry EntryOf(std::size_t row_count) const {
    catalog::FileEntry entry;
    entry.row_count = row_count;
    entry.byte_count = written_.byte_count;
    entry.footer_bytes = written_.footer_bytes;
    entry.footer_checksum = written_.footer_checksum;
    return entry;
  }
  ReadBack WriteAndRead(const RowSchema& schema, std::vector<ColumnBatch> batches) {
    return ReadParquetFile(Write(schema, std::move(batches)));
  }

  arc::testing::TempDirectory folder_;
  std::vector<BatchSlice> slices_;
  WrittenFile written_;
  int file_count_ = 0;
};

const RowSchema kSchema({{"host", ColumnType::kString, ColumnRole::kTag},
                         {"count", ColumnType::kInt64, ColumnRole::kField},
                         {"usage", ColumnType::kDouble, ColumnRole::kField},
                         {"up", ColumnType::kBool, ColumnRole::kField},
                         {"note", ColumnType::kString, ColumnRole::kField}});

TEST_F(ParquetFileTest, KeepsTypesOrderAndLabels) {
  std::vector<ColumnBatch> batches;
  batches.push_back(BatchBuilder()
                        .Time({20, 10})
                        .Tag("host", {"b", "a"})
                        .Int64("count", {2, 1})
                        .Double("usage", {0.5, -0.25})
                        .Bool("up", {true, false})
                        .String("note", {"two words", ""})
                        .Build());
  const auto read = WriteAndRead(kSchema, std::move(batches));
  EXPECT_THAT(read.columns,
              ElementsAre("time: timestamp[us, tz=UTC] not null", "host: string", "count: int64",
                          "usage: double", "up: bool", "note: string"));
  EXPECT_THAT(read.rows,
              ElementsAre(R"(10 "a" 1 -0.25 false "")", R"(20 "b" 2 0.5 true "two words")"));
  EXPECT_THAT(read.labels,
              UnorderedElementsAre(Pair("arc:format", "1"), Pair("arc:measurement_id", "7"),
                                   Pair("arc:tags", "host"), Pair("arc:min_lsn", "3"),
                                   Pair("arc:max_lsn", "9"), Pair("arc:part", "1/1"),
                                   Pair("arc:replaces", ""),
                                   Pair("arc:block_crc", MatchesRegex("[0-9a-f]{8}"))));
}

TEST_F(ParquetFileTest, EncodesEachTypeAsDocumented) {
  std::vector<ColumnBatch> batches;
  batches.push_back(BatchBuilder()
                        .Time({1})
                        .Tag("host", {"a"})
                        .Int64("count", {2})
                        .Double("usage", {0.5})
                        .Bool("up", {true})
                        .String("note", {"n"})
                        .Build());
  EXPECT_THAT(WriteAndRead(kSchema, std::move(batches)).encodings,
              ElementsAre("time: lz4_raw, DELTA_BINARY_PACKED", "host: lz4_raw, RLE_DICTIONARY",
                          "count: lz4_raw, DELTA_BINARY_PACKED", "usage: lz4_raw, PLAIN",
                          "up: lz4_raw, PLAIN", "note: lz4_raw, RLE_DICTIONARY"));
}

TEST_F(ParquetFileTest, JoinsBatchesWithOtherColumnsAndNarrowerTypes) {
  std::vector<ColumnBatch> batches;
  batches.push_back(
      BatchBuilder().Time({3, 1}).Tag("host", {"a", kNone}).Int64("usage", {5, kNone}).Build());
  batches.push_back(BatchBuilder()
                        .Time({2, 2})
                        .String("host", {"a", kNone})
                        .Double("usage", {1.5, kNone})
                        .Bool("up", {kNone, true})
                        .Null("note")
                        .Build());
  const auto read = WriteAndRead(kSchema, std::move(batches));
  EXPECT_THAT(read.rows, ElementsAre("1 null null null null null", R"(2 "a" null 1.5 null null)",
                                     "2 null null null true null", R"(3 "a" null 5 null null)"));
}

TEST_F(ParquetFileTest, KeepsValuesThatAreEasyToLose) {
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  std::vector<ColumnBatch> batches;
  batches.push_back(BatchBuilder()
                        .Time({-1, 0, 1, 2})
                        .Tag("host", {"", "\xC3\xA9\xF0\x9F\x8C\x8D", kNone, "a b"})
                        .Int64("count", {std::numeric_limits<std::int64_t>::min(),
                                         std::numeric_limits<std::int64_t>::max(), 0, kNone})
                        .Double("usage", {std::nan(""), -0.0, kInfinity, 5e-324})
                        .String("note", {"", kNone, std::string("\0x", 2), "\n"})
                        .Build());
  const auto read = WriteAndRead(kSchema, std::move(batches));
  EXPECT_THAT(read.rows,
              ElementsAre(R"(-1 "" -9223372036854775808 nan null "")",
                          "0 \"\xC3\xA9\xF0\x9F\x8C\x8D\" 9223372036854775807 -0 null null",
                          std::string("1 null 0 inf null \"\0x\"", 22),
                          "2 \"a b\" null 5e-324 null \"\n\""));
}

TEST_F(ParquetFileTest, LeavesOutColumnsThatNeverHadAValueAndKeepsOthersAsNull) {
  const RowSchema schema({{"a", ColumnType::kNull, ColumnRole::kField},
                          {"b", ColumnType::kInt64, ColumnRole::kField},
                          {"c", ColumnType::kString, ColumnRole::kTag}});
  std::vector<ColumnBatch> batches;
  batches.push_back(BatchBuilder().Time({5}).Null("a").Build());
  const auto read = WriteAndRead(schema, std::move(batches));
  EXPECT_THAT(read.columns,
              ElementsAre("time: timestamp[us, tz=UTC] not null", "b: int64", "c: string"));
  EXPECT_THAT(read.rows, ElementsAre("5 null null"));
}

TEST_F(ParquetFileTest, WritesAFileWithoutRows) {
  const auto read = WriteAndRead(kSchema, {});
  EXPECT_EQ(read.columns.size(), 6u);
  EXPECT_TRUE(read.rows.empty());
}

TEST_F(ParquetFileTest, FindsColumnsIgnoringCaseAndWithOddNames) {
  const RowSchema schema({{"Host.name", ColumnType::kString, ColumnRole::kTag},
                          {"a,b", ColumnType::kString, ColumnRole::kTag},
                          {"n.x", ColumnType::kInt64, ColumnRole::kField}});
  std::vector<ColumnBatch> batches;
  batches.push_back(
      BatchBuilder().Time({1}).Tag("host.NAME", {"h"}).Tag("a,b", {"t"}).Int64("n.x", {4}).Build());
  const auto read = WriteAndRead(schema, std::move(batches));
  EXPECT_THAT(read.columns, ElementsAre("time: timestamp[us, tz=UTC] not null", "Host.name: string",
                                        "a,b: string", "n.x: int64"));
  EXPECT_THAT(read.rows, ElementsAre(R"(1 "h" "t" 4)"));
  EXPECT_EQ(read.labels.at("arc:tags"), "Host.name,a\\,b");
}

TEST_F(ParquetFileTest, SpansRowGroupsAndLargeDictionaries) {
  constexpr std::size_t kRows = 130'000;
  ColumnBatch batch;
  DictionaryValues hosts;
  DictionaryValues ids;  // words enough to outgrow a dictionary
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < kRows; i++) {
    batch.times.push_back(static_cast<std::int64_t>(kRows - i));
    if (i < 100) hosts.dictionary.Append("host-" + std::to_string(i));
    hosts.codes.push_back(static_cast<std::uint32_t>(i % 101));
    ids.dictionary.Append("identifier-of-the-row-" + std::to_string(i));
    ids.codes.push_back(static_cast<std::uint32_t>(i + 1));
    numbers.push_back(static_cast<std::int64_t>(i));
  }
  batch.columns.push_back({"host", ColumnRole::kTag, std::move(hosts), {}});
  batch.columns.push_back({"note", ColumnRole::kField, std::move(ids), {}});
  batch.columns.push_back({"count", ColumnRole::kField, std::move(numbers), {}});
  batch.SetTimeRange();
  std::vector<ColumnBatch> batches;
  batches.push_back(std::move(batch));
  const auto read = WriteAndRead(kSchema, std::move(batches));
  ASSERT_EQ(read.rows.size(), kRows);
  for (std::size_t i = 0; i < kRows; i += 997) {
    const auto code = i % 101;
    const auto host = code == 0 ? "null" : "\"host-" + std::to_string(code - 1) + "\"";
    const auto number = std::to_string(i);
    EXPECT_EQ(read.rows[kRows - 1 - i], std::to_string(kRows - i) + " " + host + " " + number +
                                            " null null \"identifier-of-the-row-" + number + "\"");
  }
}

TEST_F(ParquetFileTest, EveryCompressionReadsBack) {
  for (const auto* word : {"none", "snappy", "lz4", "zstd", "gzip"}) {
    const auto compression = ParseCompression(word);
    ASSERT_TRUE(compression.ok());
    std::vector<ColumnBatch> batches;
    batches.push_back(BatchBuilder().Time({1}).Double("usage", {2.5}).Build());
    const auto read = ReadParquetFile(Write(kSchema, std::move(batches), compression.value()));
    EXPECT_THAT(read.rows, ElementsAre("1 null null 2.5 null null")) << word;
  }
  EXPECT_EQ(ParseCompression("brotli").error().code, ErrorCode::kInvalidInput);
}

TEST_F(ParquetFileTest, KnowsLengthAndChecksum) {
  std::vector<ColumnBatch> batches;
  batches.push_back(BatchBuilder().Time({1}).Int64("count", {2}).Build());
  const auto path = Write(kSchema, std::move(batches));
  const auto bytes = fs::ReadWholeFile(fs::FileSystem::Local(), path, 1 << 20);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes.value().size(), written_.byte_count);
  EXPECT_EQ(Crc32c(0, bytes.value()), written_.checksum);
}

TEST_F(ParquetFileTest, TheCheckSeesAFileCutAtAnyByte) {
  std::vector<ColumnBatch> batches;
  batches.push_back(BatchBuilder().Time({1}).Int64("count", {2}).Build());
  auto& local = fs::FileSystem::Local();
  const auto path = Write(kSchema, std::move(batches));
  const auto bytes = fs::ReadWholeFile(local, path, 1 << 20).value();
  EXPECT_EQ(CheckParquetFile(local, path, EntryOf(2)).error().code, ErrorCode::kCorruptData);
  for (std::size_t length = 0; length < bytes.size(); length++) {
    const auto cut = folder_.path() + "/cut";
    std::ofstream(cut, std::ios::binary) << bytes.substr(0, length);
    auto entry = EntryOf(1);
    ASSERT_FALSE(CheckParquetFile(local, cut, entry).ok()) << length;
    entry.byte_count = length;
    ASSERT_FALSE(CheckParquetFile(local, cut, entry).ok()) << length;
  }
}

// A file that takes so many bytes and then refuses.
class FullFile : public fs::AppendFile {
 public:
  explicit FullFile(std::uint64_t capacity) : capacity_(capacity) {}
  Result<void> Append(std::string_view bytes) override {
    bytes_written_ += bytes.size();
    if (bytes_written_ <= capacity_) return {};
    return Error{ErrorCode::kStorageFailed, "cannot write to a file", "disk full"};
  }
  Result<void> Sync() override { return {}; }
  Result<void> Close() override { return {}; }
  std::uint64_t bytes_written() const override { return bytes_written_; }

 private:
  const std::uint64_t capacity_;
  std::uint64_t bytes_written_ = 0;
};

TEST_F(ParquetFileTest, PassesOnWhatTheDiskSaid) {
  FullFile file(100);
  const auto written =
      WriteParquetFile(file, kSchema, SourceColumns(kSchema, {}), {}, {}, Compression::kNone);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(written.error().detail, "disk full");
}

}  // namespace
}  // namespace arc::encoding
