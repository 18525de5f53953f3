#include "foundation/model/column_batch.h"

#include <gtest/gtest.h>

#include <random>

#include "foundation/testing/batch_builder.h"

namespace arc {
namespace {

using testing::BatchBuilder;

// Row by row as text, the columns by name: what a batch means, however it is stored.
std::vector<std::string> Rows(const ColumnBatch& batch, const std::vector<std::string>& names) {
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < batch.row_count(); row++) {
    auto text = std::to_string(batch.times[row]);
    for (const auto& name : names) {
      std::string cell = "null";
      for (const auto& column : batch.columns) {
        if (column.name == name) cell = ValueText(column, row);
      }
      text += " " + cell;
    }
    rows.push_back(text);
  }
  return rows;
}

TEST(ColumnBatchTest, ConcatenateFillsAbsentColumnsAndWidens) {
  const auto a =
      BatchBuilder().Time({5, 6}).Tag("host", {"x", std::nullopt}).Int64("v", {1, 2}).Build();
  const auto b = BatchBuilder()
                     .Time({1, 2, 3})
                     .Double("v", {0.5, std::nullopt, 2.5})
                     .Tag("host", {"y", "x", std::nullopt})
                     .Bool("up", {true, std::nullopt, false})
                     .String("s", {"p", "", std::nullopt})
                     .Null("n")
                     .Build();
  const auto joined = Concatenate({&a, &b, &a});
  EXPECT_EQ(FindBrokenRule(joined), "");
  EXPECT_EQ(joined.min_time, 1);
  EXPECT_EQ(joined.max_time, 6);
  const std::vector<std::string> expected = {
      "5 \"x\" 1 null null null",    "6 null 2 null null null",    "1 \"y\" 0.5 true \"p\" null",
      "2 \"x\" null null \"\" null", "3 null 2.5 false null null", "5 \"x\" 1 null null null",
      "6 null 2 null null null"};
  EXPECT_EQ(Rows(joined, {"host", "v", "up", "s", "n"}), expected);
  EXPECT_TRUE(std::holds_alternative<DictionaryValues>(joined.columns[0].values));
}

TEST(ColumnBatchTest, PlainAndCodedStringsJoinToPlain) {
  const auto a = BatchBuilder().Time({1, 2}).Tag("s", {"x", std::nullopt}).Build();
  const auto b = BatchBuilder().Time({3}).String("s", {"y"}).Build();
  for (const auto& joined : {Concatenate({&a, &b}), Concatenate({&b, &a})}) {
    EXPECT_EQ(FindBrokenRule(joined), "");
    EXPECT_TRUE(std::holds_alternative<StringValues>(joined.columns[0].values));
    EXPECT_EQ(joined.columns[0].role, ColumnRole::kTag);
  }
  EXPECT_EQ(Rows(Concatenate({&a, &b}), {"s"}),
            (std::vector<std::string>{"1 \"x\"", "2 null", "3 \"y\""}));
}

TEST(ColumnBatchTest, SelectRowsKeepsTheChosenOnes) {
  BatchBuilder::Cells<std::int64_t> cells;
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < 200; i++) {
    times.push_back(i);
    cells.push_back(i % 3 == 0 ? std::nullopt : std::optional(i));
  }
  const auto batch = BatchBuilder().Time(times).Int64("v", cells).Build();
  std::vector<bool> keep(200);
  for (std::size_t i = 0; i < 200; i++) keep[i] = i % 7 == 0;
  const auto selected = SelectRows(batch, keep);
  EXPECT_EQ(FindBrokenRule(selected), "");
  ASSERT_EQ(selected.row_count(), 29u);
  EXPECT_EQ(ValueText(selected.columns[0], 1), "7");
  EXPECT_EQ(ValueText(selected.columns[0], 3), "null");
}

TEST(ColumnBatchTest, BrokenRulesAreFound) {
  auto batch = BatchBuilder().Time({1, 2}).Tag("t", {"a", "b"}).Int64("v", {1, 2}).Build();
  EXPECT_EQ(FindBrokenRule(batch), "");
  auto bad_code = batch;
  std::get<DictionaryValues>(bad_code.columns[0].values).codes[1] = 9;
  EXPECT_NE(FindBrokenRule(bad_code), "");
  auto short_column = batch;
  std::get<std::vector<std::int64_t>>(short_column.columns[1].values).pop_back();
  EXPECT_NE(FindBrokenRule(short_column), "");
  auto late = batch;
  late.max_time = 1;
  EXPECT_NE(FindBrokenRule(late), "");
  auto twice = batch;
  twice.columns[1].name = "T";
  EXPECT_NE(FindBrokenRule(twice), "");
}

TEST(ColumnBatchTest, CoversSaysWhetherASchemaNeedsNoChange) {
  const RowSchema schema({{"host", ColumnType::kString, ColumnRole::kTag},
                          {"v", ColumnType::kDouble, ColumnRole::kField}});
  EXPECT_TRUE(Covers(schema, BatchBuilder().Time({1}).Int64("v", {1}).Tag("host", {"a"}).Build()));
  EXPECT_TRUE(Covers(schema, BatchBuilder().Time({1}).String("host", {"a"}).Null("v").Build()));
  EXPECT_FALSE(Covers(schema, BatchBuilder().Time({1}).Int64("V", {1}).Build()));
  EXPECT_FALSE(Covers(schema, BatchBuilder().Time({1}).Bool("v", {true}).Build()));
  EXPECT_FALSE(Covers(schema, BatchBuilder().Time({1}).Int64("w", {1}).Build()));
  const RowSchema narrow({{"v", ColumnType::kInt64, ColumnRole::kField}});
  EXPECT_FALSE(Covers(narrow, BatchBuilder().Time({1}).Double("v", {1}).Build()));
}

TEST(SchemaTest, JoinAddsWidensAndRefuses) {
  const auto a = std::make_shared<const RowSchema>(std::vector<SchemaColumn>{
      {"v", ColumnType::kInt64, ColumnRole::kField}, {"n", ColumnType::kNull, ColumnRole::kField}});
  const auto joined = JoinSchemas(a, RowSchema({{"V", ColumnType::kDouble, ColumnRole::kField},
                                                {"n", ColumnType::kBool, ColumnRole::kField},
                                                {"t", ColumnType::kString, ColumnRole::kTag}}));
  const std::vector<SchemaColumn> expected = {{"v", ColumnType::kDouble, ColumnRole::kField},
                                              {"n", ColumnType::kBool, ColumnRole::kField},
                                              {"t", ColumnType::kString, ColumnRole::kTag}};
  EXPECT_EQ(joined->columns(), expected);
  EXPECT_EQ(JoinSchemas(joined, *a), joined) << "nothing new: the same object";
  EXPECT_EQ(JoinSchemas(a, RowSchema({{"v", ColumnType::kBool, ColumnRole::kField}})), nullptr);
}

}  // namespace
}  // namespace arc
