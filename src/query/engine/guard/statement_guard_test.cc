// What SQL may do. Each refusal is tried twice: against the guard, through Engine::Start, and
// against the locked engine alone, as if the guard had overlooked it.

#include "query/engine/guard/statement_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "foundation/testing/batch_builder.h"
#include "query/engine/duckdb_instance.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatementGuardTest : public ::testing::Test {
 protected:
  StatementGuardTest() { world_.AddFile({"default", "cpu"}, {}, "SELECT to_timestamp(1) AS time"); }
  World world_;
};

TEST_F(StatementGuardTest, AllowsReading) {
  for (const char* sql :
       {"SELECT 1",
        "select 1;",
        "-- words\nSELECT 1 /* more; words */",
        "FROM cpu",
        "VALUES (1)",
        "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) FROM r",
        "SELECT 1 UNION SELECT 2 EXCEPT SELECT 3",
        "SHOW TABLES",
        "DESCRIBE cpu",
        "SUMMARIZE cpu",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT count(*) FROM cpu",
        "SHOW DATABASES",
        "SELECT * FROM range(3), generate_series(1, 2), unnest([1, 2])",
        "PIVOT (SELECT 1 AS a, 'x' AS b) ON b IN ('x', 'y') USING sum(a)",
        "SELECT 'read_csv(''x''); DROP TABLE cpu'",
        "SELECT \"time\" AS \"copy\" FROM cpu",
        "SELECT version(), current_database(), now(), random(), uuid()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_columns()",
        "SELECT * FROM duckdb_functions() LIMIT 1",
        "SELECT json_extract('{\"a\": 1}', '$.a')"}) {
    EXPECT_THAT(world_.Ours(sql), Not(StartsWith("ERROR"))) << sql;
  }
}

TEST_F(StatementGuardTest, SpeaksTheWordsOfTheContract) {
  const std::string error = "ERROR kInvalidInput: ";
  for (const char* sql : {"", "  ", ";", "-- nothing", "/* SELECT 1 */"}) {
    EXPECT_EQ(world_.Ours(sql), error + "SQL query is required") << sql;
  }
  EXPECT_EQ(world_.Ours("SELECT 1; SELECT 2"), error + "Multiple SQL statements are not allowed");
  EXPECT_EQ(world_.Ours("SELECT * FROM Read_Parquet('x')"),
            error + "File I/O function not allowed in user SQL: read_parquet()");
  EXPECT_THAT(world_.Ours("SELEC 1"), StartsWith(error + "Parser Error: syntax error"));
  EXPECT_THAT(world_.Ours("SELECT 1\nFROM cpu WHERE ,"), HasSubstr("LINE 2: FROM cpu WHERE ,"));
}

TEST_F(StatementGuardTest, RefusesStatementsThatDoMoreThanRead) {
  for (const char* sql : {"CREATE TABLE x (i INT)",
                          "CREATE TEMP TABLE t AS SELECT 1",
                          "CREATE SCHEMA s",
                          "CREATE VIEW v AS SELECT 1",
                          "CREATE MACRO f() AS 1",
                          "CREATE INDEX i ON cpu(time)",
                          "CREATE TABLE memory.main.x AS SELECT 1",
                          "CREATE SECRET s (TYPE s3)",
                          "CREATE TYPE t AS INT",
                          "INSERT INTO cpu VALUES (now())",
                          "DELETE FROM cpu",
                          "UPDATE cpu SET time = now()",
                          "TRUNCATE cpu",
                          "DROP TABLE cpu",
                          "DROP SCHEMA prod",
                          "ALTER TABLE cpu ADD COLUMN x INT",
                          "COPY (SELECT 1) TO 'x.csv'",
                          "COPY cpu TO 'x.parquet'",
                          "EXPORT DATABASE 'x'",
                          "IMPORT DATABASE 'x'",
                          "ATTACH ':memory:' AS other",
                          "DETACH arc",
                          "USE memory",
                          "SET threads = 1",
                          "SET VARIABLE x = 1",
                          "RESET threads",
                          "PRAGMA database_list",
                          "PRAGMA version",
                          "CALL pragma_version()",
                          "INSTALL httpfs",
                          "LOAD httpfs",
                          "CHECKPOINT",
                          "VACUUM",
                          "ANALYZE",
                          "BEGIN",
                          "COMMIT",
                          "PREPARE p AS SELECT 1",
                          "EXECUTE p",
                          "DEALLOCATE p",
                          "COMMENT ON TABLE cpu IS 'x'",
                          "EXPLAIN DELETE FROM cpu",
                          "EXPLAIN ANALYZE INSERT INTO cpu VALUES (now())"}) {
    EXPECT_THAT(world_.Ours(sql),
                HasSubstr("ERROR kInvalidInput: Dangerous SQL operation not allowed. "))
        << sql;
  }
  EXPECT_THAT(world_.Ours("PIVOT cpu ON time"), HasSubstr("PIVOT needs its values"));
}

// Functions in every place where a tree can hide them.
TEST_F(StatementGuardTest, RefusesFunctionsThatReachOutside) {
  for (const char* sql :
       {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM (SELECT * FROM cpu, read_text('/etc/passwd'))",
        "SELECT (SELECT max(content) FROM read_text('/etc/passwd'))",
        "WITH x AS (SELECT * FROM read_blob('/etc/passwd')) FROM x",
        "SELECT 1 WHERE EXISTS (FROM read_json('x'))", "DESCRIBE SELECT * FROM read_csv('x')",
        "SUMMARIZE SELECT * FROM read_csv('x')", "SELECT * FROM (DESCRIBE FROM read_csv('x'))",
        "FROM cpu UNION ALL FROM parquet_metadata('x')", "SELECT * FROM sniff_csv('x')",
        "PIVOT (FROM read_csv('x')) ON a IN (1)", "SELECT 1 ORDER BY (FROM read_text('x'))",
        "SELECT 1 LIMIT (SELECT count(*) FROM read_text('x'))",
        "SELECT sum(i) OVER (ORDER BY (SELECT 1 FROM read_text('x'))) FROM range(2) t(i)",
        "SELECT [x FOR x IN (SELECT list(content) FROM read_text('x'))]"}) {
    EXPECT_THAT(world_.Ours(sql), StartsWith("ERROR kInvalidInput: File I/O function")) << sql;
  }
  for (const char* sql :
       {"SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('cpu')",
        "SELECT * FROM pragma_version()", "SELECT * FROM duckdb_logs()",
        "SELECT * FROM seq_scan('x')", "SELECT * FROM json_execute_serialized_sql('x')"}) {
    EXPECT_THAT(world_.Ours(sql), StartsWith("ERROR kInvalidInput: Table function not")) << sql;
  }
  for (const char* sql :
       {"SELECT current_setting('allowed_directories')", "SELECT Getenv('HOME')",
        "SELECT getvariable('x')", "SELECT write_log('x')", "SELECT nextval('s')",
        "SELECT sum(i) FILTER (current_setting('a') = 'b') FROM range(2) t(i)",
        "SELECT list_transform([1], x -> current_setting('a'))", "SELECT sleep_ms(1)"}) {
    EXPECT_THAT(world_.Ours(sql), StartsWith("ERROR kInvalidInput: Function not allowed")) << sql;
  }
  EXPECT_THAT(world_.Ours("SELECT * FROM arc_scan('cpu')"), HasSubstr("internal"));
}

TEST_F(StatementGuardTest, KnowsNeitherFilesNorSystemViews) {
  const auto file = world_.StoragePath("file-0.parquet");
  ASSERT_TRUE(std::ifstream(file).good());
  for (const std::string& table :
       {"'" + file + "'", "\"" + file + "\"", std::string("'/etc/passwd'"),
        std::string("duckdb_settings"), std::string("main.duckdb_settings"),
        std::string("system.main.duckdb_logs"), std::string("pragma_database_list"),
        std::string("sqlite_master"), std::string("pg_catalog.pg_settings"),
        std::string("pg_class"), std::string("duckdb_secrets")}) {
    EXPECT_THAT(world_.Ours("SELECT * FROM " + table), StartsWith("ERROR kInvalidInput")) << table;
  }
}

// A statement that DuckDB runs with the guard away.
class LockTest : public StatementGuardTest {
 protected:
  LockTest()
      : instance_({world_.StoragePath("."), world_.StoragePath("../temp"), 1U << 28, 1},
                  world_.catalog(), world_.live_measurements(), counter_),
        connection_(instance_.database()) {
    connection_.context->config.use_replacement_scans = false;
  }
  std::string Run(const std::string& sql) {
    const auto result = connection_.Query(sql);
    return result->HasError() ? "ERROR " + result->GetError() : result->ToString();
  }

  Counter counter_;
  DuckDbInstance instance_;
  duckdb::Connection connection_;
};

TEST_F(LockTest, RefusesWhatTheGuardMayOverlook) {
  const auto file = world_.StoragePath("file-0.parquet");
  const auto folder = world_.StoragePath("");
  const auto& prefix = instance_.file_prefix();
  for (const std::string& sql : std::vector<std::string>{
           "SELECT * FROM read_parquet('" + file + "')",
           "SELECT * FROM '" + file + "'",
           "SELECT * FROM glob('" + folder + "*')",
           "COPY (SELECT 1) TO '" + folder + "x.csv'",
           "COPY (SELECT 1) TO '" + prefix + "/x.csv'",
           "ATTACH '" + folder + "x.db' AS x",
           "SELECT * FROM read_parquet('" + prefix + "/file-0.parquet')",
           "EXPORT DATABASE '" + folder + "x'",
           "INSTALL httpfs",
           "LOAD httpfs",
           "SET threads = 1",
           "RESET threads",
           "SET enable_external_access = true",
           "PRAGMA database_list",
           "SELECT * FROM duckdb_settings()",
           "SELECT * FROM duckdb_settings",
           "SELECT current_setting('allowed_directories')",
           "SELECT * FROM query('SELECT 1')",
           "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
           "SELECT json_serialize_plan('SELECT 1')",
           "SELECT sleep_ms(1)",
           "SELECT pg_sleep(1)",
           "CREATE TABLE arc.prod.x (i INT)",
           "CREATE SCHEMA arc.other",
           "INSERT INTO arc.\"default\".cpu VALUES (now())",
           "DELETE FROM arc.\"default\".cpu",
           "UPDATE arc.\"default\".cpu SET time = now()",
           "DROP TABLE arc.\"default\".cpu",
           "CREATE INDEX i ON arc.\"default\".cpu(time)",
           "CREATE TABLE arc.\"default\".x AS SELECT 1",
           "ALTER TABLE arc.\"default\".cpu ADD COLUMN x INT"}) {
    EXPECT_THAT(Run(sql), StartsWith("ERROR")) << sql;
    EXPECT_THAT(Run(sql), Not(HasSubstr("INTERNAL"))) << sql;
  }
  EXPECT_THAT(Run("SELECT count(*) FROM arc.\"default\".cpu"), HasSubstr("1"));
}

// Every function that DuckDB itself calls volatile has been reviewed: it is refused, or it is one
// of these. The test fails when an upgrade brings another one.
TEST_F(LockTest, HasNoUnknownFunctionWithSideEffects) {
  EXPECT_EQ(Run("SELECT count(DISTINCT function_name) FROM duckdb_functions() "
                "WHERE stability <> 'CONSISTENT' AND function_name NOT IN ('random', 'uuid', "
                "'uuidv4', 'uuidv7', 'gen_random_uuid', 'now', 'today', 'current_date', "
                "'get_current_time', 'get_current_timestamp', 'transaction_timestamp', "
                "'current_database', 'current_schema', 'current_schemas', 'current_query', "
                "'in_search_path', 'stats', 'error')")
                    .find("\n0\n") == std::string::npos,
            false);
}

}  // namespace
}  // namespace arc::engine
