// Rows in memory, and in files with other types: every value must come out as it went in, and
// filters must decide about it as they do in an ordinary table.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include <random>

#include "foundation/testing/batch_builder.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using testing::BatchBuilder;

const MeasurementName kTable{"default", "rows"};

// Row i of a batch of all types, NULLs in a pattern of its own for each column.
ColumnBatch AllTypes(std::int64_t first, std::size_t count) {
  std::vector<std::int64_t> times;
  BatchBuilder::Cells<std::string> tags, words;
  BatchBuilder::Cells<std::int64_t> integers;
  BatchBuilder::Cells<double> doubles;
  BatchBuilder::Cells<bool> booleans;
  for (auto i = first; i < first + static_cast<std::int64_t>(count); i++) {
    times.push_back(i);
    const auto text = "a word of more than twelve bytes " + std::to_string(i);
    tags.push_back(i % 5 == 0 ? std::nullopt : std::optional("tag" + std::to_string(i % 7)));
    words.push_back(i % 3 == 0 ? std::nullopt : std::optional(text));
    integers.push_back(i % 11 == 0 ? std::nullopt : std::optional(i * 3));
    doubles.push_back(i % 13 == 1 ? std::nullopt : std::optional(static_cast<double>(i) / 4));
    booleans.push_back(i % 17 == 2 ? std::nullopt : std::optional(i % 2 == 0));
  }
  return BatchBuilder()
      .Time(times)
      .Tag("tag", tags)
      .String("word", words)
      .Int64("n", integers)
      .Double("x", doubles)
      .Bool("b", booleans)
      .Build();
}

// The same rows, made by SQL.
std::string AllTypesSql(std::int64_t first, std::int64_t end) {
  return "SELECT make_timestamptz(i) AS time, if(i % 5 = 0, NULL, 'tag' || i % 7) AS tag, "
         "if(i % 3 = 0, NULL, 'a word of more than twelve bytes ' || i) AS word, "
         "if(i % 11 = 0, NULL, i * 3) AS n, if(i % 13 = 1, NULL, i::DOUBLE / 4) AS x, "
         "if(i % 17 = 2, NULL, i % 2 = 0) AS b FROM range(" +
         std::to_string(first) + ", " + std::to_string(end) + ") t(i)";
}

constexpr const char* kEverything =
    "SELECT count(*), min(time), max(time), sum(hash(time, tag, word, n, x, b)) FROM ";

// What lies before a visible row, and how many rows there are, decides how bitmaps are shifted.
TEST(RowsTest, ReadsBuffersThatBeginAndEndAnywhere) {
  for (const std::size_t before : {0, 1, 63, 64, 65, 100, 2047, 2048, 2049}) {
    World world;
    const auto begin = static_cast<std::int64_t>(before);
    const auto measurement = world.live_measurements().FindOrCreate(kTable).value();
    if (before > 0) world.Publish(kTable, AllTypes(0, before));
    const auto trimmed = world.live_measurements().visible_lsn();
    world.Publish(kTable, AllTypes(begin, 5000));
    if (before > 0) {
      catalog::MeasurementChange change;
      change.id = measurement->id();
      change.name = kTable;
      change.schema = measurement->registered_schema();
      change.flushed = {kLsnZero, trimmed};
      ASSERT_TRUE(world.catalog().CommitAndWait({{std::move(change)}}).ok());
    }
    world.PublishUnseen(kTable, world.next_lsn(), AllTypes(9'000'000, 100));
    world.Plain("CREATE TABLE rows AS " + AllTypesSql(begin, begin + 5000));
    for (const char* where :
         {"", " WHERE n > 3000", " WHERE tag = 'tag3'", " WHERE tag IS NULL", " WHERE b",
          " WHERE word LIKE '%77'", " WHERE x BETWEEN 100.1 AND 999", " WHERE n IS NULL OR x < 9",
          " WHERE tag IN ('tag1', 'tag2') AND NOT b AND time < make_timestamptz(4000)"}) {
      const auto query = kEverything + std::string("rows") + where;
      EXPECT_EQ(world.Ours(query), world.Theirs(query)) << before << where;
    }
    const std::string group =
        "SELECT tag, count(*), count(word), sum(n) FROM rows GROUP BY tag "
        "ORDER BY tag";
    EXPECT_EQ(world.Ours(group), world.Theirs(group)) << before;
  }
}

// Many small requests: the slices of one group come from many batches.
TEST(RowsTest, ReadsManySmallBatches) {
  World world;
  std::mt19937_64 random(20240501);
  std::int64_t first = 0;
  for (int i = 0; i < 300; i++) {
    const std::size_t count = 1 + random() % 40;
    world.Publish(kTable, AllTypes(first, count));
    first += static_cast<std::int64_t>(count);
  }
  world.Plain("CREATE TABLE rows AS " + AllTypesSql(0, first));
  const auto query = kEverything + std::string("rows");
  EXPECT_EQ(world.Ours(query), world.Theirs(query));
  const std::string top = "SELECT * FROM rows ORDER BY time DESC LIMIT 3";
  EXPECT_EQ(world.Ours(top), world.Theirs(top));
}

// A batch larger than a group is shared between threads; a dictionary larger than a vector.
TEST(RowsTest, ReadsLargeBatches) {
  World world;
  constexpr std::size_t kCount = 300'000;
  std::vector<std::int64_t> times(kCount);
  BatchBuilder::Cells<std::string> tags(kCount), many(kCount);
  for (std::size_t i = 0; i < kCount; i++) {
    times[i] = static_cast<std::int64_t>(i);
    tags[i] = "tag " + std::to_string(i % 50'000);
    if (i % 9 != 0) many[i] = "a long and different word for each row " + std::to_string(i);
  }
  world.Publish(kTable, BatchBuilder().Time(times).Tag("tag", tags).Tag("many", many).Build());
  world.Plain(
      "CREATE TABLE rows AS SELECT make_timestamptz(i) AS time, 'tag ' || i % 50000 AS "
      "tag, if(i % 9 <> 0, 'a long and different word for each row ' || i, NULL) AS many "
      "FROM range(300000) t(i)");
  for (const char* query :
       {"SELECT count(*), count(many), sum(hash(time, tag, many)) FROM rows",
        "SELECT count(*), max(n) FROM (SELECT tag, count(*) AS n FROM rows GROUP BY tag)",
        "SELECT * FROM rows WHERE many LIKE '%99999' ORDER BY time",
        "SELECT tag, many FROM rows ORDER BY time DESC, tag LIMIT 4 OFFSET 10"}) {
    EXPECT_EQ(world.Ours(query), world.Theirs(query)) << query;
  }
}

// A file and a batch of integers, a batch without the column, a batch of doubles: all one DOUBLE.
TEST(RowsTest, FiltersIntegersUnderADoubleColumnAsDoubles) {
  World world;
  world.AddFile(kTable, {{"v", ColumnType::kInt64, ColumnRole::kField}},
                "SELECT make_timestamptz(i) AS time, CASE WHEN i % 7 = 0 THEN NULL WHEN i = 50 "
                "THEN 9007199254740993 ELSE i - 30 END::BIGINT AS v FROM range(100) t(i)",
                "FORMAT parquet, ROW_GROUP_SIZE 20");
  BatchBuilder::Cells<std::int64_t> integers;
  for (std::int64_t i = 0; i < 100; i++)
    integers.push_back(i % 10 == 9 ? std::nullopt : std::optional(i));
  world.Publish(
      kTable,
      BatchBuilder().Time(std::vector<std::int64_t>(100, 200)).Int64("v", integers).Build());
  world.Publish(kTable, BatchBuilder().Time({300, 301}).Null("v").Build());
  world.Publish(kTable, BatchBuilder().Time({400, 401}).Tag("host", {"a", "b"}).Build());
  world.Publish(kTable,
                BatchBuilder().Time({500, 501, 502}).Double("v", {2.5, std::nullopt, 3}).Build());
  world.Plain(
      "CREATE TABLE rows AS SELECT make_timestamptz(i) AS time, (CASE WHEN i % 7 = 0 THEN NULL "
      "WHEN i = 50 THEN 9007199254740993 ELSE i - 30 END)::DOUBLE AS v FROM range(100) t(i) "
      "UNION ALL SELECT make_timestamptz(200), if(i % 10 = 9, NULL, i) FROM range(100) t(i) "
      "UNION ALL SELECT make_timestamptz(t), v FROM (VALUES (300, NULL), (301, NULL), (400, NULL), "
      "(401, NULL), (500, 2.5), (501, NULL), (502, 3)) x(t, v)");
  for (const std::string where :
       {"v > 2.6", "v >= 2.5", "v = 2.5", "v = 3", "v < 2.5", "v <= -2.5", "v <> 2.5",
        "v IN (2.5, 3, 60)", "v BETWEEN 2.4 AND 3.4", "v IS NULL", "v > 1e300",
        "v = 9007199254740992", "v > 68.5", "v > 2.6 OR v < -20.5", "v NOT IN (1, 2.5)", "v > 98.4",
        "abs(v) < 1.5", "v = (SELECT max(v) FROM rows)", "NOT (v > 2.6)"}) {
    const auto query =
        "SELECT count(*), sum(hash(time, v)), min(v), max(v), any_value(typeof(v)) "
        "FROM rows WHERE " +
        where;
    EXPECT_EQ(world.Ours(query), world.Theirs(query)) << where;
  }
  EXPECT_EQ(world.Ours("SELECT v FROM rows ORDER BY v DESC NULLS LAST LIMIT 2"),
            world.Theirs("SELECT v FROM rows ORDER BY v DESC NULLS LAST LIMIT 2"));
}

// Arrow's writer leaves NaN out of a column's least and greatest value.
TEST(RowsTest, FindsNaNInFilesOfArrow) {
  World world;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  arrow::DoubleBuilder values;
  for (std::int64_t i = 0; i < 100; i++) {
    ASSERT_TRUE(times.Append(i).ok());
    ASSERT_TRUE(values.Append(i == 7 ? std::nan("") : static_cast<double>(i % 5)).ok());
  }
  const auto schema = arrow::schema(
      {arrow::field("time", times.type(), false), arrow::field("v", arrow::float64())});
  const auto table = arrow::Table::Make(schema, {*times.Finish(), *values.Finish()});
  auto sink = *arrow::io::FileOutputStream::Open(world.StoragePath("nan.parquet"));
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink).ok());
  ASSERT_TRUE(sink->Close().ok());
  catalog::FileEntry file;
  file.path = "nan.parquet";
  file.min_time = 0;
  file.max_time = 99;
  file.row_count = 100;
  file.byte_count = std::filesystem::file_size(world.StoragePath(file.path));
  world.AddExistingFile(kTable, {{"v", ColumnType::kDouble, ColumnRole::kField}}, file);
  EXPECT_EQ(world.Ours("SELECT count(*), any_value(v) FROM rows WHERE v > 9"), "1, nan\n");
  EXPECT_EQ(world.Ours("SELECT count(*) FROM rows WHERE v = 'nan'"), "1\n");
  EXPECT_EQ(world.Ours("SELECT typeof(any_value(time)), max(time) FROM rows"),
            "TIMESTAMP WITH TIME ZONE, 99\n");
}

TEST(RowsTest, ReadsAColumnThatOnlySomeFilesHave) {
  World world;
  world.AddFile(kTable, {}, "SELECT make_timestamptz(i) AS time FROM range(3) t(i)");
  world.AddFile(kTable, {{"late", ColumnType::kString, ColumnRole::kField}},
                "SELECT make_timestamptz(10) AS time, 'x' AS late");
  EXPECT_EQ(world.Ours("SELECT time, late FROM rows ORDER BY time"),
            "0, NULL\n1, NULL\n2, NULL\n10, x\n");
  EXPECT_EQ(world.Ours("SELECT count(*) FROM rows WHERE late IS NULL"), "3\n");
  EXPECT_EQ(world.Ours("SELECT count(*) FROM rows WHERE late = 'x'"), "1\n");
}

}  // namespace
}  // namespace arc::engine
