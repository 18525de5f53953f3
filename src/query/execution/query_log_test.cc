#include "query/execution/query_log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "foundation/testing/manual_clock.h"

namespace arc::execution {
namespace {

class QueryLogTest : public ::testing::Test {
 protected:
  QueryId Begin(const std::string& sql) {
    const auto id = log_.NextId();
    log_.Begin({.id = id, .sql = sql, .principal = "p", .client_address = "::1"});
    return id;
  }

  arc::testing::ManualClock clock_;
  QueryLog log_{2, clock_};
};

TEST_F(QueryLogTest, AQueryIsActiveUntilItEnds) {
  const auto first = Begin("SELECT 1");
  const auto second = Begin("SELECT 2");
  log_.SetRunning(second);
  clock_.Advance(std::chrono::milliseconds(5));
  const auto active = log_.Active();
  ASSERT_EQ(active.size(), 2u);
  EXPECT_EQ(active[0].id, first);
  EXPECT_EQ(active[0].status, QueryStatus::kWaiting);
  EXPECT_EQ(active[1].status, QueryStatus::kRunning);
  EXPECT_DOUBLE_EQ(active[1].duration_ms, 5);
  const auto record = log_.End(second, QueryStatus::kFailed, 7, "why");
  EXPECT_EQ(record.row_count, 7u);
  EXPECT_EQ(log_.Active().size(), 1u);
  ASSERT_TRUE(log_.Find(second));
  EXPECT_EQ(log_.Find(second)->error, "why");
  EXPECT_EQ(log_.Find(second)->status, QueryStatus::kFailed);
  EXPECT_FALSE(log_.Find(99));
}

TEST_F(QueryLogTest, TheLastOnesAreRemembered) {
  for (int i = 0; i < 3; i++) {
    log_.End(Begin("SELECT " + std::to_string(i)), QueryStatus::kCompleted, 0, "");
  }
  const auto history = log_.History(10);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].sql, "SELECT 2");
  EXPECT_EQ(history[1].sql, "SELECT 1");
  EXPECT_EQ(log_.History(1).size(), 1u);
}

TEST_F(QueryLogTest, LongTextsAreCutBetweenCharacters) {
  const std::string sql = "SELECT '" + std::string(191, 'x') + "\xC3\xA4'";
  const auto id = Begin(sql);
  EXPECT_EQ(log_.Find(id)->sql, sql.substr(0, 199) + "...");
}

}  // namespace
}  // namespace arc::execution
