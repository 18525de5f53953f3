// How SQL finds databases, measurements and columns, and who may see them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/testing/batch_builder.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using testing::BatchBuilder;
using ::testing::HasSubstr;
using ::testing::Not;

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    world_.AddFile({"prod", "cpu"}, {{"host", ColumnType::kString, ColumnRole::kTag}},
                   "SELECT to_timestamp(i) AS time, 'f' AS host FROM range(3) t(i)");
    AddRow({"prod", "Mem"});
    AddRow({"default", "cpu"});
    AddRow({"my-db", "rocket-01"});
    AddRow({"prod", "select"});
    EXPECT_TRUE(world_.catalog().CreateDatabase("empty").ok());
  }
  void AddRow(const MeasurementName& name) {
    world_.Publish(name, BatchBuilder()
                             .Time({5})
                             .Tag("host", {"b"})
                             .Int64("Odd Name", {1})
                             .Bool("on", {true})
                             .Null("nothing")
                             .Build());
  }
  std::string Ours(const std::string& sql, const std::string& database = "") {
    return world_.Ours(sql, database);
  }

  World world_;
};

TEST_F(NamesTest, FindsTables) {
  EXPECT_EQ(Ours("SELECT count(*) FROM cpu"), "1\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM cpu", "prod"), "3\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM prod.cpu"), "3\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM arc.prod.cpu"), "3\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM \"my-db\".\"rocket-01\""), "1\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM prod.\"select\""), "1\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM prod.cpu a JOIN cpu b ON a.host <> b.host"), "3\n");
  EXPECT_EQ(Ours("WITH cpu AS (SELECT 42 AS x) SELECT x FROM cpu", "prod"), "42\n");
  EXPECT_EQ(Ours("SELECT prod.cpu.host, arc.prod.cpu.host FROM arc.prod.cpu LIMIT 1"), "f, f\n");
}

TEST_F(NamesTest, QuotesTheWordDefault) {
  EXPECT_EQ(Ours("SELECT count(*) FROM default.cpu"), "1\n");
  EXPECT_EQ(Ours("SELECT Default.cpu.host, 'default.cpu' /* default.x */ FROM Default.cpu"),
            "b, default.cpu\n");
}

TEST_F(NamesTest, IgnoresCaseWhenTheExactNameDoesNotExist) {
  EXPECT_EQ(Ours("SELECT count(*) FROM PROD.mem"), "1\n");
  EXPECT_EQ(Ours("SELECT COUNT(\"ODD NAME\") FROM \"MY-DB\".\"Rocket-01\""), "1\n");
  AddRow({"prod", "mem"});
  AddRow({"prod", "mem"});
  EXPECT_EQ(Ours("SELECT count(*) FROM prod.Mem"), "1\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM prod.mem"), "2\n");
  EXPECT_EQ(Ours("SELECT count(*) FROM prod.MEM"), "1\n");  // the least name: Mem
}

TEST_F(NamesTest, DoesNotFallBackToAnotherDatabase) {
  EXPECT_THAT(Ours("SELECT * FROM Mem"), HasSubstr("Table with name Mem does not exist"));
  EXPECT_THAT(Ours("SELECT * FROM cpu", "nowhere"),
              HasSubstr("There is no database \"nowhere\". There are: "));
  EXPECT_THAT(Ours("SELECT * FROM cpu", "empty"), HasSubstr("cpu does not exist"));
  EXPECT_EQ(Ours("SELECT 1", "nowhere"), "1\n");
  EXPECT_THAT(Ours("SELECT * FROM nowhere.cpu"),
              HasSubstr("ERROR kInvalidInput: There is no database \"nowhere\". There are: "));
}

TEST_F(NamesTest, ShowsColumnsWithTheirTypes) {
  EXPECT_EQ(Ours("SELECT column_name, data_type, is_nullable FROM information_schema.columns "
                 "WHERE table_name = 'rocket-01' ORDER BY ordinal_position"),
            "time, TIMESTAMP WITH TIME ZONE, NO\nhost, VARCHAR, YES\nOdd Name, BIGINT, YES\n"
            "on, BOOLEAN, YES\nnothing, VARCHAR, YES\n");
  EXPECT_THAT(Ours("DESCRIBE prod.cpu"), HasSubstr("time, TIMESTAMP WITH TIME ZONE, NO"));
  EXPECT_THAT(Ours("SUMMARIZE prod.cpu"), HasSubstr("host, VARCHAR, f, f, 1"));
  EXPECT_EQ(Ours("SELECT time, \"Odd Name\", \"on\", nothing FROM prod.Mem"), "5, 1, true, NULL\n");
}

TEST_F(NamesTest, ListsTables) {
  const std::string all = "default, cpu\nmy-db, rocket-01\nprod, Mem\nprod, cpu\nprod, select\n";
  EXPECT_EQ(Ours("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"),
            all);
  EXPECT_EQ(Ours("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"), all);
  EXPECT_EQ(Ours("SELECT schema_name FROM information_schema.schemata WHERE catalog_name = 'arc' "
                 "ORDER BY 1"),
            "default\nempty\nmy-db\nprod\n");
  EXPECT_EQ(Ours("SELECT name FROM (SHOW TABLES) ORDER BY 1", "prod"), "Mem\ncpu\nselect\n");
  EXPECT_EQ(Ours("SELECT name FROM (SHOW TABLES FROM prod) ORDER BY 1"), "Mem\ncpu\nselect\n");
  EXPECT_THAT(Ours("SHOW ALL TABLES"), HasSubstr("rocket-01"));
  EXPECT_THAT(Ours("SHOW DATABASES"), HasSubstr("arc"));
}

TEST_F(NamesTest, HasNoHiddenColumns) {
  for (const char* column : {"rowid", "filename", "file_row_number", "file_index"}) {
    EXPECT_THAT(Ours(std::string("SELECT ") + column + " FROM prod.cpu"),
                HasSubstr("ERROR kInvalidInput"));
  }
}

TEST_F(NamesTest, LetsReadOnlyWhatTheAskerMayRead) {
  const auto may_read = [](std::string_view database, std::string_view measurement) {
    return database == "default" || measurement == "Mem";
  };
  const auto ask = [&](const std::string& sql) { return world_.Ours(sql, "", may_read); };
  EXPECT_EQ(ask("SELECT count(*) FROM cpu"), "1\n");
  EXPECT_EQ(ask("SELECT count(*) FROM prod.mem"), "1\n");
  for (const char* sql :
       {"SELECT count(*) FROM prod.cpu", "SELECT * FROM cpu JOIN prod.cpu AS c USING (time)",
        "WITH cpu AS (SELECT 1) SELECT * FROM arc.prod.cpu", "DESCRIBE prod.cpu",
        "SUMMARIZE prod.cpu", "SELECT (SELECT max(time) FROM prod.cpu)", "EXPLAIN FROM prod.cpu",
        "SELECT * FROM (DESCRIBE SELECT * FROM prod.cpu)"}) {
    EXPECT_EQ(ask(sql), "ERROR kForbidden: Permission denied: read required on prod.cpu") << sql;
  }
  // With the client's spelling: the stored one would show that the measurement exists.
  EXPECT_EQ(ask("SELECT * FROM cpu JOIN prod.CPU USING (time)"),
            "ERROR kForbidden: Permission denied: read required on prod.CPU");
  for (const char* missing : {"prod.nothing", "nowhere.nothing", "arc.nowhere.nothing"}) {
    EXPECT_THAT(ask(std::string("SELECT * FROM ") + missing),
                HasSubstr("ERROR kForbidden: Permission denied: read required on "))
        << missing;
  }
  EXPECT_THAT(ask("SELECT * FROM nothing"), HasSubstr("does not exist"));
  EXPECT_EQ(ask("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"),
            "default, cpu\nprod, Mem\n");
  EXPECT_EQ(ask("SELECT DISTINCT table_name FROM information_schema.columns ORDER BY 1"),
            "Mem\ncpu\n");
  EXPECT_THAT(ask("SHOW ALL TABLES"), Not(HasSubstr("rocket")));
  EXPECT_THAT(ask("SELECT schema_name FROM information_schema.schemata"), Not(HasSubstr("my-db")));
  EXPECT_THAT(ask("SELECT * FROM \"my-db\".\"rocket-0\""), Not(HasSubstr("rocket-01")));
  EXPECT_THAT(ask("SELECT * FROM cp"), HasSubstr("Did you mean \"cpu\""));
  EXPECT_THAT(ask("SELECT * FROM prod.Me"), Not(HasSubstr("Mem")));
}

TEST_F(NamesTest, ShowsRowsOfAMeasurementThatTheCatalogDoesNotHold) {
  EXPECT_THAT(Ours("SELECT * FROM fresh.m"), HasSubstr("ERROR kInvalidInput"));
  AddRow({"fresh", "m"});
  EXPECT_EQ(Ours("SELECT host FROM fresh.m"), "b\n");
}

}  // namespace
}  // namespace arc::engine
