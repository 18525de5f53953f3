// Every row of every type, from slices that begin and end anywhere in a batch: bitmaps are then
// shifted, and the last word is a part of one.

#include "query/engine/scan/slice_vectors.h"

#include <gtest/gtest.h>

#include <optional>

#include "foundation/testing/batch_builder.h"

namespace arc::engine {
namespace {

using testing::BatchBuilder;

constexpr std::size_t kRows = 2500;

// NULL in an irregular pattern, and never in the same rows for two columns.
bool IsNull(std::size_t row, std::size_t column) {
  return (row * row + column) % (3 + column) == 0;
}

std::shared_ptr<const ColumnBatch> MakeBatch() {
  std::vector<std::int64_t> times;
  BatchBuilder::Cells<bool> booleans;
  BatchBuilder::Cells<std::int64_t> integers;
  BatchBuilder::Cells<double> doubles;
  BatchBuilder::Cells<std::string> words, tags;
  for (std::size_t row = 0; row < kRows; row++) {
    const auto number = static_cast<std::int64_t>(row);
    times.push_back(number);
    const auto text = "a text of more than twelve bytes " + std::to_string(row);
    booleans.push_back(IsNull(row, 0) ? std::nullopt : std::optional(row % 2 == 0));
    integers.push_back(IsNull(row, 1) ? std::nullopt : std::optional(number));
    doubles.push_back(IsNull(row, 2) ? std::nullopt : std::optional(number / 4.0));
    words.push_back(IsNull(row, 3) ? std::nullopt : std::optional(text));
    tags.push_back(IsNull(row, 4) ? std::nullopt : std::optional("t" + std::to_string(row % 5)));
  }
  return std::make_shared<const ColumnBatch>(BatchBuilder()
                                                 .Time(times)
                                                 .Bool("b", booleans)
                                                 .Int64("n", integers)
                                                 .Double("x", doubles)
                                                 .String("w", words)
                                                 .Tag("t", tags)
                                                 .Null("nothing")
                                                 .Build());
}

// What the table's schema wants, and what the value in a row then is, NULL as "NULL".
struct Wanted {
  SchemaColumn column;
  std::function<std::string(std::size_t row)> text;
};

std::vector<Wanted> WantedColumns() {
  using duckdb::Value;
  const auto unless_null = [](std::size_t row, std::size_t column, const Value& value) {
    return IsNull(row, column) ? std::string("NULL") : value.ToString();
  };
  return {
      {{"b", ColumnType::kBool},
       [=](auto row) { return unless_null(row, 0, Value::BOOLEAN(row % 2 == 0)); }},
      {{"N", ColumnType::kInt64},
       [=](auto row) { return unless_null(row, 1, Value::BIGINT(static_cast<long>(row))); }},
      {{"n", ColumnType::kDouble},
       [=](auto row) { return unless_null(row, 1, Value::DOUBLE(static_cast<double>(row))); }},
      {{"x", ColumnType::kDouble},
       [=](auto row) { return unless_null(row, 2, Value::DOUBLE(static_cast<double>(row) / 4)); }},
      {{"w", ColumnType::kString},
       [=](auto row) {
         return unless_null(row, 3,
                            Value("a text of more than twelve bytes " + std::to_string(row)));
       }},
      {{"t", ColumnType::kString},
       [=](auto row) { return unless_null(row, 4, Value("t" + std::to_string(row % 5))); }},
      {{"nothing", ColumnType::kBool}, [](auto) { return std::string("NULL"); }},
      {{"absent", ColumnType::kInt64}, [](auto) { return std::string("NULL"); }},
  };
}

TEST(SliceVectorsTest, ShowsEachRowAsItIs) {
  const auto batch = MakeBatch();
  for (const auto& [wanted, text] : WantedColumns()) {
    for (const std::size_t begin : {0, 1, 31, 63, 64, 65, 127, 128, 200}) {
      for (const std::size_t count : {1, 2, 63, 64, 65, 128, 1000, 2048}) {
        const BatchSlice slice{batch, begin, begin + count};
        duckdb::Vector vector(SqlTypeOf(wanted.type));
        SliceColumn::Find(slice, wanted).Fill(begin, count, vector);
        for (std::size_t row = 0; row < count; row++) {
          ASSERT_EQ(vector.GetValue(row).ToString(), text(begin + row))
              << wanted.name << " row " << row << " of " << count << " from " << begin;
        }
      }
    }
  }
}

TEST(SliceVectorsTest, ShowsTimes) {
  const auto batch = MakeBatch();
  duckdb::Vector vector(duckdb::LogicalType::TIMESTAMP_TZ);
  SliceColumn::Time(*batch).Fill(7, 3, vector);
  EXPECT_EQ(duckdb::FlatVector::GetData<std::int64_t>(vector)[2], 9);
}

}  // namespace
}  // namespace arc::engine
