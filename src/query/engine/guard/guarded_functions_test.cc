// Values that a statement makes, tested through the engine: a call that may make too large, deep or
// slow a value is refused before it runs.

#include "query/engine/guard/guarded_functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class GuardedFunctionsTest : public ::testing::Test {
 protected:
  World world_;
};

TEST_F(GuardedFunctionsTest, RefusesValuesThatAreTooLarge) {
  for (const char* sql : {
           "SELECT length(repeat('x', 3000000000))",
           "SELECT sum(length(repeat('x', 10000000 + range))) FROM range(2000)",
           "SELECT length(repeat([1, 2], 100000000))",
           "SELECT list_distinct(range(50000000))",
           "SELECT length(generate_series(TIMESTAMP '2000-01-01', TIMESTAMP '2100-01-01', "
           "INTERVAL 1 millisecond))",
           "SELECT length(range(9223372036854775807, -9223372036854775807, -1))",
           "SELECT length(lpad('x', 2000000000, 'y'))",
           "SELECT length(rpad('x', 2000000000, 'y'))",
           "SELECT length(format('{:>2000000000}', 'x'))",
           "SELECT length(format('{:>{}}', 'x', 2000000000))",
           "SELECT length(printf('%*d', 2000000000, 3))",
           "SELECT length(list_resize([1], 500000000))",
           "SELECT length(array_resize(['a'], 500000000, 'b'))",
           "SELECT length(bitstring('1', 2000000000))",
           "SELECT length(bar(1, 0, 1, 1e9))",
           "SELECT length(replace(repeat('a', 1000000), 'a', repeat('b', 1000)))",
           "SELECT length(regexp_replace(repeat('a', 1000000), 'a', repeat('b', 1000), 'g'))",
           "SELECT damerau_levenshtein(repeat('a', 20000), repeat('b', 20000))",
           "SELECT length(string_split(repeat('a,', 30000000), ','))",
           "SELECT length(json_pretty(repeat('[', 900) || '1' || repeat(',1', 1000000) || "
           "repeat(']', 900)))",
       }) {
    EXPECT_THAT(world_.Ours(sql), StartsWith("ERROR kTooLarge")) << sql;
  }
}

TEST_F(GuardedFunctionsTest, RefusesComparisonsThatTakeTooLong) {
  for (const char* function :
       {"levenshtein", "editdist3", "jaro_similarity", "jaro_winkler_similarity"}) {
    EXPECT_THAT(world_.Ours("SELECT " + std::string(function) +
                            "(repeat('a', 200000), repeat('b', 200000))"),
                AllOf(StartsWith("ERROR kTooLarge"), HasSubstr("too long to compare")));
  }
}

TEST_F(GuardedFunctionsTest, ComparesManyRowsInParts) {
  const std::string sql =
      "SELECT range, levenshtein(repeat('a', 5000 + range), repeat('a', 4000) || range) AS d "
      "FROM range(7)";
  EXPECT_EQ(world_.Ours(sql), world_.Theirs(sql));
}

TEST_F(GuardedFunctionsTest, RefusesDeepJson) {
  const std::string deep = "(repeat('[', 300000) || repeat(']', 300000))";
  for (const auto& sql : std::vector<std::string>{
           "SELECT json_structure(" + deep + ")",
           "SELECT json_structure(" + deep + " || left(range::VARCHAR, 0)) FROM range(2)",
           "SELECT json_contains(" + deep + ", '1')",
           "SELECT json_merge_patch(" + deep + ", " + deep + ")",
           "SELECT json_transform(" + deep + ", '[\"JSON\"]')",
           "SELECT json_transform('1', " + deep + ")",
           "SELECT from_json('1', " + deep + ")",
           "SELECT json_group_structure(" + deep + ")",
           "SELECT (" + deep + "::JSON::VARIANT)::VARCHAR",
           "SELECT * FROM range(length((" + deep + "::JSON::VARIANT)::VARCHAR))",
       }) {
    EXPECT_THAT(world_.Ours(sql),
                AllOf(StartsWith("ERROR kInvalidInput"), HasSubstr("nested deeper than 1000")))
        << sql;
  }
  EXPECT_EQ(world_.Ours("SELECT json_valid(" + deep + ")"), "true\n");
}

TEST_F(GuardedFunctionsTest, RefusesNamesThatAreTooLongToLookUp) {
  const std::string name(20'000, 'a');
  for (const auto& sql : std::vector<std::string>{
           "SELECT \"" + name + "\"(1)",
           "SELECT * FROM \"" + name + "\"(1)",
           "SELECT 1::\"" + name + "\"",
           "SELECT 'x' COLLATE \"" + name + "\"",
           "SELECT \"" + name + "\" FROM range(1)",
           "SELECT list_aggregate([1], repeat('a', 20000))",
           "SELECT timezone(repeat('a', 20000), TIMESTAMP '2026-01-01')",
       }) {
    EXPECT_THAT(world_.Ours(sql), AllOf(StartsWith("ERROR kInvalidInput"), HasSubstr("name")))
        << sql.substr(0, 40);
  }
}

TEST_F(GuardedFunctionsTest, LeavesWhatIsNotTooMuchAsItIs) {
  for (const char* sql : {
           "SELECT length(repeat('x', 60000000))",
           "SELECT json_structure('{\"a\": [[1, 2], [3]]}')",
           "SELECT json_transform('{\"a\": 7, \"b\": \"x\"}', '{\"a\": \"INTEGER\"}')",
           "SELECT ('{\"a\": [1, null, \"x\"]}'::JSON::VARIANT)::VARCHAR",
           "SELECT json_structure(repeat('[', 1000) || repeat(']', 1000))",
           "SELECT format('{:>7.2f}|{}', 3.14159, 'x'), printf('%5d|%-5s', 7, 'ab')",
           "SELECT damerau_levenshtein('smith', 'smiht'), jaro_similarity('duck', 'dusk')",
           "SELECT list_sort(range(1000, 0, -7)), list_distinct([1, 1, NULL, 2])",
           "SELECT strftime(TIMESTAMP '2026-01-02 03:04:05', '%Y-%m-%d')",
           "SELECT generate_series(DATE '2026-01-01', DATE '2026-04-01', INTERVAL 1 month)",
           "SELECT string_split('a,b,c', ','), regexp_split_to_array('a1b22c', '[0-9]+')",
           "SELECT list_transform(range(5), lambda x: repeat('a', x)), [x + 1 for x in range(3)]",
           "SELECT sum(length(lpad(range::VARCHAR, 10, '0'))) FROM range(100000)",
       }) {
    EXPECT_EQ(world_.Ours(sql), world_.Theirs(sql)) << sql;
  }
}

// Our LIKE, ILIKE and GLOB against DuckDB's, over constant and computed patterns.
TEST_F(GuardedFunctionsTest, MatchesAsDuckDbDoes) {
  std::mt19937 random(20261130);
  const std::vector<std::string> letters = {"a", "B", "é", "É", "%", "_", "*", "?", "[a-c]", "\\"};
  const auto text = [&](std::size_t kinds) {
    std::string made;
    for (auto length = random() % 7; length > 0; length--) made += letters[random() % kinds];
    return made;
  };
  std::string rows;
  for (int i = 0; i < 3000; i++) {
    rows += (i == 0 ? "('" : ", ('") + text(4) + "', '" + text(letters.size()) + "')";
  }
  const std::string from = " FROM (VALUES " + rows + ") AS t(a, p)";
  for (const std::string match :
       {"a LIKE p", "a NOT LIKE p", "a ILIKE p", "a NOT ILIKE p", "a GLOB p", "a LIKE p ESCAPE ''",
        "a NOT LIKE p ESCAPE '_'", "a ILIKE p ESCAPE '%'", "a LIKE '%a_'", "a ILIKE '%É%'"}) {
    // In an order of their own: DuckDB may keep another.
    const auto sql = "SELECT a, p, " + match + from + " ORDER BY ALL";
    const auto theirs = world_.Theirs(sql);
    if (theirs.starts_with("ERROR")) {
      EXPECT_THAT(world_.Ours(sql), HasSubstr(theirs.substr(6))) << match;
    } else {
      EXPECT_EQ(world_.Ours(sql), theirs) << match;
    }
  }
}

TEST_F(GuardedFunctionsTest, RefusesShapesThatArePlannedForEver) {
  std::string lambdas = "x";
  for (int i = 0; i < 28; i++) lambdas = "list_transform([1], lambda x: " + lambdas + ")";
  std::string list = "x";
  for (int i = 0; i < 25; i++) list = "[" + list + " for x in [1]]";
  std::string ors = "range = 0";
  for (int i = 0; i < 80'000; i++) ors += " OR range = " + std::to_string(i);
  std::string ctes = "WITH a0 AS (SELECT 1 AS x)";
  for (int i = 1; i < 25; i++) {
    const auto before = "a" + std::to_string(i - 1);
    ctes += ", a" + std::to_string(i) + " AS NOT MATERIALIZED (SELECT l.x FROM " + before +
            " AS l, " + before + " AS r)";
  }
  for (const auto& sql : std::vector<std::string>{
           "SELECT " + lambdas, "SELECT " + list, "SELECT count(*) FROM range(10) WHERE " + ors,
           ctes + " SELECT count(*) FROM a24",
           std::string(
               "SELECT count(*) FROM range(9) GROUP BY CUBE (range, range + 1, range + 2, "
               "range + 3, range + 4, range + 5, range + 6, range + 7, range + 8, range + 9, "
               "range + 10, range + 11, range + 12)")}) {
    EXPECT_THAT(world_.Ours(sql), AllOf(StartsWith("ERROR kInvalidInput: The statement has"),
                                        HasSubstr("take it apart")))
        << sql.substr(0, 100);
  }
  std::string in = "0";
  for (int i = 1; i < 50'000; i++) in += ", " + std::to_string(i);
  EXPECT_EQ(world_.Ours("SELECT count(*) FROM range(10) WHERE range IN (" + in + ")"), "10\n");
}

TEST_F(GuardedFunctionsTest, StopsBetweenLongRows) {
  QueryRequest request;
  request.sql =
      "SELECT sum(levenshtein(repeat('a', 7000), repeat('b', 7000) || range)) FROM range(2000)";
  request.stop = std::make_shared<QueryStop>();
  request.stop->Interrupt(InterruptReason::kDeadline);
  EXPECT_THAT(world_.Ours(request), StartsWith("ERROR kDeadlinePassed"));
}

}  // namespace
}  // namespace arc::engine
