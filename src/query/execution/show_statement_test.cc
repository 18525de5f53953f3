#include "query/execution/show_statement.h"

#include <gtest/gtest.h>

namespace arc::execution {
namespace {

TEST(ShowStatementTest, FormsOfTheApi) {
  for (const auto* sql :
       {"SHOW DATABASES", "show databases;", " -- a comment\n SHOW /* b */ Databases ; "}) {
    const auto show = ParseShow(sql);
    ASSERT_TRUE(show.has_value()) << sql;
    EXPECT_EQ(show->what, ShowStatement::What::kDatabases) << sql;
  }
  for (const auto* sql : {"SHOW TABLES", "SHOW MEASUREMENTS;"}) {
    const auto show = ParseShow(sql);
    ASSERT_TRUE(show.has_value()) << sql;
    EXPECT_EQ(show->what, ShowStatement::What::kTables) << sql;
    EXPECT_EQ(show->database, "") << sql;
  }
  for (const auto* sql : {"SHOW TABLES FROM my-db", "SHOW TABLES FROM 'my-db'",
                          "show measurements in \"my-db\";", "SHOW TABLES FROM`my-db`"}) {
    const auto show = ParseShow(sql);
    ASSERT_TRUE(show.has_value()) << sql;
    EXPECT_EQ(show->database, "my-db") << sql;
  }
}

TEST(ShowStatementTest, EverythingElseIsTheEngines) {
  for (const auto* sql :
       {"", ";", "SHOW", "SHOW ALL TABLES", "SHOW TABLES FROM", "SHOW TABLES FROM a b", "SHOW cpu",
        "SELECT 'SHOW TABLES'", "SHOW DATABASES; SELECT 1", "SHOW TABLES FROM 'open",
        "\"SHOW\" TABLES", "SHOW TABLES FROM a; --\n x", "SHOW TABLES WHERE a"}) {
    EXPECT_FALSE(ParseShow(sql).has_value()) << sql;
  }
}

}  // namespace
}  // namespace arc::execution
