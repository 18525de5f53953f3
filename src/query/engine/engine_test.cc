#include "query/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "foundation/testing/batch_builder.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using testing::BatchBuilder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const MeasurementName kCpu{"prod", "cpu"};
const std::vector<SchemaColumn> kColumns = {{"host", ColumnType::kString, ColumnRole::kTag},
                                            {"v", ColumnType::kDouble, ColumnRole::kField}};

std::unique_ptr<QueryRun> Start(World& world, const std::string& sql) {
  auto run = world.engine().Start({sql, "", nullptr});
  EXPECT_TRUE(run.ok()) << run.error().message;
  return std::move(run).TakeValue();
}

TEST(EngineTest, AnswersFromFilesAndBuffersTogether) {
  World world;
  world.AddFile(kCpu, kColumns,
                "SELECT make_timestamp(i * 1000000)::TIMESTAMPTZ AS time, 'h' || (i % 3) AS host, "
                "i::DOUBLE AS v FROM range(10) t(i)");
  world.Publish(kCpu, BatchBuilder()
                          .Time({20'000'000, 21'000'000})
                          .Tag("host", {"h1", std::nullopt})
                          .Double("v", {0.5, std::nullopt})
                          .Build());
  EXPECT_EQ(world.Ours("SELECT count(*), count(v), sum(v), max(time) FROM prod.cpu"),
            "12, 11, 45.5, 21000000\n");
  EXPECT_EQ(
      world.Ours("SELECT host, count(*) FROM prod.cpu GROUP BY host ORDER BY host NULLS LAST"),
      "h0, 4\nh1, 4\nh2, 3\nNULL, 1\n");
  EXPECT_EQ(
      world.Ours("SELECT * FROM cpu WHERE time > '1970-01-01 00:00:08Z' ORDER BY time", "prod"),
      "9000000, h0, 9.0\n20000000, h1, 0.5\n21000000, NULL, NULL\n");
}

TEST(EngineTest, ReportsTheVersionOfTheEngine) { EXPECT_EQ(Engine::Version(), "v1.5.6"); }

TEST(EngineTest, GivesEachTypeItsKind) {
  World world;
  struct Case {
    const char* sql;
    ResultKind kind;
    const char* type;
    const char* text;
  };
  for (const auto& [sql, kind, type, text] : std::vector<Case>{
           {"NULL", ResultKind::kInt32, "INTEGER", "NULL"},
           {"true", ResultKind::kBool, "BOOLEAN", "true"},
           {"(-5)::TINYINT", ResultKind::kInt8, "TINYINT", "-5"},
           {"5::SMALLINT", ResultKind::kInt16, "SMALLINT", "5"},
           {"5", ResultKind::kInt32, "INTEGER", "5"},
           {"5::BIGINT", ResultKind::kInt64, "BIGINT", "5"},
           {"255::UTINYINT", ResultKind::kUint8, "UTINYINT", "255"},
           {"5::USMALLINT", ResultKind::kUint16, "USMALLINT", "5"},
           {"5::UINTEGER", ResultKind::kUint32, "UINTEGER", "5"},
           {"18446744073709551615::UBIGINT", ResultKind::kUint64, "UBIGINT",
            "18446744073709551615"},
           {"0.5::FLOAT", ResultKind::kFloat, "FLOAT", "0.5"},
           {"0.1::DOUBLE", ResultKind::kDouble, "DOUBLE", "0.1"},
           {"TIMESTAMP '1970-01-01 00:00:01'", ResultKind::kLocalMicros, "TIMESTAMP", "1000000"},
           {"TIMESTAMPTZ '1970-01-01 02:00:01+02'", ResultKind::kTimestampMicros,
            "TIMESTAMP WITH TIME ZONE", "1000000"},
           {"'1970-01-01 00:00:01'::TIMESTAMP_S", ResultKind::kLocalMicros, "TIMESTAMP_S",
            "1000000"},
           {"'1970-01-01 00:00:01.5'::TIMESTAMP_MS", ResultKind::kLocalMicros, "TIMESTAMP_MS",
            "1500000"},
           {"'1970-01-01 00:00:00.000000007'::TIMESTAMP_NS", ResultKind::kLocalNanos,
            "TIMESTAMP_NS", "7"},
           {"'infinity'::TIMESTAMP", ResultKind::kLocalMicros, "TIMESTAMP", "9223372036854775807"},
           {"'-infinity'::DATE", ResultKind::kDate, "DATE", "-2147483647"},
           {"DATE '1970-01-03'", ResultKind::kDate, "DATE", "2"},
           {"'word'", ResultKind::kText, "VARCHAR", "word"},
           {"12.50::DECIMAL(5,2)", ResultKind::kNumberText, "DECIMAL(5,2)", "12.50"},
           {"(-170141183460469231731687303715884105728)::HUGEINT", ResultKind::kNumberText,
            "HUGEINT", "-170141183460469231731687303715884105728"},
           {"sum(5::BIGINT)", ResultKind::kNumberText, "HUGEINT", "5"},
           {"INTERVAL '90 minutes'", ResultKind::kText, "INTERVAL", "01:30:00"},
           {"TIME '01:02:03'", ResultKind::kText, "TIME", "01:02:03"},
           {"[1, NULL]", ResultKind::kText, "INTEGER[]", "[1, NULL]"},
           {"[TIMESTAMPTZ '1970-01-01']", ResultKind::kText, "TIMESTAMP WITH TIME ZONE[]",
            "['1970-01-01 00:00:00+00']"},
           {"{'a': 'x'}", ResultKind::kText, "STRUCT(a VARCHAR)", "{'a': x}"},
           {"MAP {'k': 1}", ResultKind::kText, "MAP(VARCHAR, INTEGER)", "{k=1}"},
           {"'b'::ENUM('a', 'b')", ResultKind::kText, "ENUM('a', 'b')", "b"},
           {"'\\xAA'::BLOB", ResultKind::kText, "BLOB", "\\xAA"},
           {"'101'::BIT", ResultKind::kText, "BIT", "101"},
           {"'{\"a\": 1}'::JSON", ResultKind::kText, "JSON", "{\"a\": 1}"},
           {"'00000000-0000-0000-0000-000000000001'::UUID", ResultKind::kText, "UUID",
            "00000000-0000-0000-0000-000000000001"}}) {
    auto run = Start(world, std::string("SELECT ") + sql + " AS \"the name\"");
    ASSERT_EQ(run->columns().size(), 1U);
    EXPECT_EQ(run->columns()[0].name, "the name");
    EXPECT_EQ(run->columns()[0].type, type);
    EXPECT_EQ(run->columns()[0].kind, kind) << sql;
    EXPECT_EQ(TextOf(*run), std::string(text) + "\n") << sql;
    // With NULLs between, in a vector that is not constant.
    const auto mixed = std::string("SELECT if(i % 2 = 0, x, NULL) FROM (SELECT ") + sql +
                       " AS x), range(3) t(i) ORDER BY i";
    EXPECT_EQ(world.Ours(mixed), std::string(text) + "\nNULL\n" + text + "\n") << sql;
  }
}

TEST(EngineTest, StreamsChunkByChunk) {
  World world;
  auto run = Start(world, "SELECT i FROM range(100000000) t(i)");
  std::size_t rows = 0;
  for (int i = 0; i < 10; i++) {
    const auto chunk = run->Next();
    ASSERT_TRUE(chunk.ok());
    EXPECT_LE(chunk.value()->row_count, 2048U);
    rows += chunk.value()->row_count;
  }
  EXPECT_LE(rows, 20480U);
}

TEST(EngineTest, StopsWhenInterrupted) {
  World world;
  for (const char* sql :
       {"SELECT i FROM range(100000000) t(i)",
        "SELECT count(*) FROM range(100000) a, range(1000000) b WHERE a.range + b.range = 7",
        "SELECT sum(hash(a.range)) FROM range(100000) a, range(1000000) b GROUP BY b.range % 7 "
        "ORDER BY 1"}) {
    auto run = Start(world, sql);
    std::thread stopper([&] { run->Interrupt(InterruptReason::kDeadline); });
    for (;;) {
      const auto chunk = run->Next();
      if (chunk.ok()) {
        ASSERT_NE(chunk.value(), nullptr);
        continue;
      }
      EXPECT_EQ(chunk.error().code, ErrorCode::kDeadlinePassed) << chunk.error().message;
      break;
    }
    stopper.join();
    run->Interrupt(InterruptReason::kCancelled);
    EXPECT_EQ(run->Next().error().code, ErrorCode::kDeadlinePassed);  // the first reason counts
  }
}

TEST(EngineTest, BlamesTheStatementForWhatItDoes) {
  World world;
  for (const char* sql : {"SELECT nothing", "SELECT 1 + 'x'::INT", "SELECT 'x'::INT",
                          "SELECT sum(if(i = 90000, 'x', '1')::INT) FROM range(100000) t(i)",
                          "SELECT error('mine')", "SELECT no_such_function(1)",
                          "SELECT 9223372036854775807 + range FROM range(10)", "SELECT $1"}) {
    EXPECT_THAT(world.Ours(sql), StartsWith("ERROR kInvalidInput")) << sql;
  }
  EXPECT_THAT(world.Ours("SELECT time, hots FROM (SELECT 1 AS host, 2 AS time)"),
              HasSubstr("\"hots\" not found"));
  EXPECT_THAT(world.Ours("SELECT 1,\n  nothing"), HasSubstr("LINE 2:   nothing"));
}

// DuckDB interrupts its other threads when one fails: the reason must not be lost in that. Seen to
// fail once in some hundred rounds.
TEST(EngineTest, TellsTheFailureOfAnyThread) {
  World world;
  const std::string sql =
      "SELECT CASE WHEN range = 400000 THEN error('boom') ELSE range END AS n FROM range(500000)";
  int lost_reasons = 0;
  for (int i = 0; i < 2'000; i++) {
    const auto run = Start(world, sql);
    auto chunk = run->Next();
    while (chunk.ok() && chunk.value() != nullptr) chunk = run->Next();
    ASSERT_FALSE(chunk.ok());
    if (chunk.error().code == ErrorCode::kOverloaded) {
      lost_reasons++;
    } else {
      ASSERT_EQ(chunk.error().message, "Invalid Input Error: boom") << i;
    }
  }
  // DuckDB checks for interrupts once more at a place where we cannot ask for the failure. This was
  // seen once in 2,000 rounds on a busy machine.
  EXPECT_LE(lost_reasons, 5);
}

TEST(EngineTest, SpillsToTheTemporaryFolderAndSaysWhenThatIsNotEnough) {
  World world({.memory_limit_bytes = 40'000'000, .thread_count = 2});
  EXPECT_EQ(world.Ours("SELECT count(*), sum(n) FROM (SELECT md5(i::VARCHAR) AS k, count(*) AS n "
                       "FROM range(1000000) t(i) GROUP BY k)"),
            "1000000, 1000000\n");
  EXPECT_THAT(world.Ours("SELECT length(list(md5(i::VARCHAR))::VARCHAR) FROM range(3000000) t(i)"),
              StartsWith("ERROR kTooLarge"));
}

TEST(EngineTest, TellsClientsNothingAboutFiles) {
  World world;
  world.AddFile(kCpu, {}, "SELECT make_timestamptz(i) AS time FROM range(10) t(i)");
  const auto path = world.StoragePath("file-0.parquet");
  for (const char* sql :
       {"EXPLAIN SELECT * FROM prod.cpu",
        "EXPLAIN ANALYZE SELECT sum(epoch_us(time)) FROM prod.cpu", "SELECT * FROM duckdb_tables()",
        "SHOW DATABASES", "SELECT * FROM duckdb_databases()"}) {
    EXPECT_THAT(world.Ours(sql), Not(HasSubstr("parquet"))) << sql;
    EXPECT_THAT(world.Ours(sql), Not(HasSubstr("arc-"))) << sql;
  }
  EXPECT_THAT(world.Ours("EXPLAIN SELECT * FROM prod.cpu"), HasSubstr("Files: 1 of 1"));
  const auto read = [&] {
    auto run = Start(world, "SELECT sum(epoch_us(time)) FROM prod.cpu");
    const auto chunk = run->Next();
    EXPECT_FALSE(chunk.ok());
    return chunk.error();
  };
  std::filesystem::resize_file(path, 40);
  EXPECT_EQ(read().code, ErrorCode::kCorruptData);
  EXPECT_THAT(read().message, StartsWith("A stored file is missing or damaged"));
  EXPECT_THAT(read().detail, HasSubstr("file-0.parquet"));
  std::filesystem::remove(path);
  EXPECT_EQ(read().code, ErrorCode::kCorruptData);
  EXPECT_THAT(read().detail, HasSubstr("file-0.parquet"));
}

// ICU cannot subtract such times; DuckDB takes that for a bug of its own and refuses all further
// work.
TEST(EngineTest, OutlivesAFailureInsideDuckDb) {
  World world;
  auto bystander = Start(world, "SELECT i FROM range(100000000) t(i)");
  ASSERT_TRUE(bystander->Next().ok());
  EXPECT_EQ(
      world.Ours("SELECT date_sub('hour', make_timestamptz(-3900000000000000000 + i), "
                 "make_timestamptz(3900000000000000000)) FROM range(10) t(i)"),
      "ERROR kInternal: The query engine failed inside itself. That is a defect of the engine, not "
      "of "
      "the statement: please report it with the answer's X-Arc-Query-ID and the server's log");
  EXPECT_EQ(world.Ours("SELECT 1"), "1\n");
}

TEST(EngineTest, AnswersManyThreadsAtOnce) {
  World world;
  world.AddFile(kCpu, {}, "SELECT make_timestamptz(i) AS time FROM range(1000) t(i)");
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; k++) {
        if (world.Ours("SELECT sum(epoch_us(time)) FROM prod.cpu") != "499500\n") wrong++;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace arc::engine
