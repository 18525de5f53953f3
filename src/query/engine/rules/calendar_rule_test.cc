// The engine's answers against those of a plain DuckDB in UTC, where functions on TIMESTAMPTZ go
// through ICU.

#include "query/engine/rules/calendar_rule.h"

#include <gtest/gtest.h>

#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

const MeasurementName kTimes{"default", "times"};

// From year 1 to 9999: all over, days' ends, infinities. `other` is a time a few hours to centuries
// away, `n` a small number.
constexpr const char* kMakeTimes = R"(
  CREATE TABLE made AS
  SELECT to_timestamp(us / 1000000.0) AS time, i AS id,
         to_timestamp((us + (hash(i + 1) % 20000000000000000)::BIGINT - 10000000000000000)
                      // 1000000) AS other,
         (hash(i + 2) % 1000)::BIGINT - 500 AS n
  FROM (SELECT i, CASE i % 3
                  WHEN 0 THEN (hash(i) % 300000000000000000)::BIGINT - 50000000000000000
                  WHEN 1 THEN (hash(i) % 4000000000000000)::BIGINT - 1000000000000000
                  ELSE ((hash(i) % 60000)::BIGINT - 20000) * 86400000000 - (i % 2) END AS us
        FROM range(6000) t(i))
  UNION ALL
  SELECT * FROM (VALUES ('infinity'::TIMESTAMPTZ, -1, NULL::TIMESTAMPTZ, 1),
                        ('-infinity'::TIMESTAMPTZ, -2, NULL, 2)))";

class CalendarRuleTest : public ::testing::TestWithParam<std::string> {
 protected:
  // One world for all: it takes a third of a second to make.
  static void SetUpTestSuite() {
    world_ = new World;
    world_->Plain(kMakeTimes);
    // `other` and `n` become TIMESTAMPTZ and BIGINT columns of a derived table, below.
    world_->AddFile(kTimes,
                    {{"id", ColumnType::kInt64, ColumnRole::kField},
                     {"other", ColumnType::kInt64, ColumnRole::kField},
                     {"n", ColumnType::kInt64, ColumnRole::kField}},
                    "SELECT time, id, epoch_us(other) AS other, n FROM made");
  }
  static void TearDownTestSuite() {
    delete world_;
    world_ = nullptr;
  }

  static std::string Query(const std::string& expression, const std::string& table,
                           const std::string& other) {
    return "SELECT id, " + expression + " AS answer FROM (SELECT time, id, n, " + other +
           " AS other FROM " + table + ") ORDER BY id";
  }

  static World* world_;
};
World* CalendarRuleTest::world_ = nullptr;

TEST_P(CalendarRuleTest, GivesTheAnswersOfPlainDuckDb) {
  const auto ours = world_->Ours(Query(GetParam(), "times", "make_timestamptz(other)"));
  const auto theirs = world_->Theirs(Query(GetParam(), "made", "other"));
  ASSERT_EQ(theirs.find("ERROR"), std::string::npos) << theirs;
  ASSERT_FALSE(theirs.empty());
  EXPECT_EQ(ours == theirs, true) << GetParam() << "\nours:\n"
                                  << ours.substr(0, 600) << "\ntheirs:\n"
                                  << theirs.substr(0, 600);
}

std::vector<std::string> Expressions() {
  std::vector<std::string> expressions = {
      "time::DATE",
      "time::TIMESTAMP",
      "TRY_CAST(time AS DATE)",
      "(time::TIMESTAMP + INTERVAL '1 hour')::TIMESTAMPTZ",
      "time::VARCHAR",
      "time + to_days(n::INT)",
      "time - to_months(n::INT)",
      "to_seconds(n) + time",
      "time - other",
      "age(time, other)",
      "epoch(time)",
      "epoch_us(time)",
      "strftime(time, '%Y-%m-%d %H:%M:%S.%f %z')",
      "strftime(time, '%a %A %b %B %c %-d %I %j %p %U %u %V %W %w %x %X %y %G %g %%')",
      "strftime(time, '%Z')",
      "strftime('%Y-%m', time)",
      "time AT TIME ZONE 'Europe/Berlin'",
      "time_bucket(INTERVAL '1 day', time, 'America/New_York')",
      "date_trunc('day', time + INTERVAL '90 minutes')",
      "CASE WHEN hour(time) > 11 THEN date_trunc('month', time) ELSE other END",
      "count(*) OVER (PARTITION BY date_trunc('year', time) ORDER BY minute(time), id)",
      "date_part(['year', 'month', 'hour'], time)",
      "list_transform([time, other], t -> date_trunc('hour', t))",
  };
  for (const std::string part :
       {"century",    "day",          "decade", "dow",     "doy",     "epoch",
        "era",        "hour",         "isodow", "isoyear", "julian",  "microseconds",
        "millennium", "milliseconds", "minute", "month",   "quarter", "second",
        "timezone",   "week",         "year",   "yearweek"}) {
    expressions.push_back("extract(" + part + " FROM time)");
  }
  for (const std::string part :
       {"century", "day", "decade", "hour", "isoyear", "microseconds", "millennium", "milliseconds",
        "minute", "month", "quarter", "second", "week", "year"}) {
    expressions.push_back("date_trunc('" + part + "', time)");
    expressions.push_back("date_diff('" + part + "', time, other)");
    expressions.push_back("date_sub('" + part + "', time, other)");
  }
  for (const std::string function :
       {"century",    "day",       "dayname",     "dayofmonth", "dayofweek",   "dayofyear",
        "decade",     "epoch_ms",  "era",         "hour",       "isodow",      "isoyear",
        "julian",     "last_day",  "microsecond", "millennium", "millisecond", "minute",
        "month",      "monthname", "quarter",     "second",     "week",        "weekday",
        "weekofyear", "year",      "yearweek"}) {
    expressions.push_back(function + "(time)");
  }
  for (const std::string width : {"1 hour", "1 day", "1 week", "1 month", "3 months", "1 year",
                                  "7 minutes", "90 seconds", "1 millisecond"}) {
    const auto interval = "INTERVAL '" + width + "'";
    expressions.push_back("time_bucket(" + interval + ", time)");
    expressions.push_back("time_bucket(" + interval + ", time, INTERVAL '37 minutes')");
    expressions.push_back("time_bucket(" + interval +
                          ", time, TIMESTAMPTZ '2001-02-03 04:05:06Z')");
    expressions.push_back("time + " + interval);
    expressions.push_back("time - " + interval);
  }
  return expressions;
}

INSTANTIATE_TEST_SUITE_P(Functions, CalendarRuleTest, ::testing::ValuesIn(Expressions()));

TEST(CalendarRulePlanTest, ReplacesTheFunctionsThatItKnows) {
  World world;
  const auto plan = [&](const std::string& expression) {
    return world.Ours("EXPLAIN SELECT " + expression +
                      " FROM (SELECT make_timestamptz(i * 1000000) AS t FROM range(10) r(i))");
  };
  for (const char* expression :
       {"date_trunc('hour', t)", "time_bucket(INTERVAL '1 day', t)", "year(t)", "t::DATE",
        "extract(hour FROM t)", "t + INTERVAL '1 day'", "strftime(t, '%Y')"}) {
    EXPECT_NE(plan(expression).find("as_plain"), std::string::npos) << plan(expression);
  }
  for (const char* expression :
       {"date_sub('month', t, t)", "epoch(t)", "strftime(t, '%Z')", "t - t",
        "time_bucket(INTERVAL '1 day', t, 'Asia/Tokyo')", "date_trunc('century', t)"}) {
    EXPECT_EQ(plan(expression).find("as_plain"), std::string::npos) << plan(expression);
  }
}

}  // namespace
}  // namespace arc::engine
