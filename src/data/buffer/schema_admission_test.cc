#include "data/buffer/schema_admission.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "foundation/testing/batch_builder.h"

namespace arc::buffer {
namespace {

using ::arc::testing::BatchBuilder;

DecodedMeasurement Decoded(ColumnBatch batch) {
  DecodedMeasurement decoded{"m", std::move(batch), {}};
  decoded.lines.resize(decoded.batch.row_count());
  std::iota(decoded.lines.begin(), decoded.lines.end(), 1);
  return decoded;
}

class SchemaAdmissionTest : public ::testing::Test {
 protected:
  void Admit(DecodedMeasurement& decoded, std::size_t columns_max = 10) {
    AdmitBatch(live_, {.columns_max = columns_max, .name_bytes_max = 8, .value_bytes_max = 8},
               decoded, report_);
    EXPECT_EQ(FindBrokenRule(decoded.batch), "");
    EXPECT_EQ(decoded.lines.size(), decoded.batch.row_count());
  }

  LiveMeasurement live_{
      MeasurementId{1}, {"db", "m"}, std::make_shared<const RowSchema>(), kLsnZero};
  RejectionReport report_;
};

TEST_F(SchemaAdmissionTest, NewColumnsAppearAndIntegersWiden) {
  auto first = Decoded(BatchBuilder().Time({1}).Tag("host", {"a"}).Int64("v", {1}).Build());
  auto second = Decoded(BatchBuilder().Time({2}).Double("v", {0.5}).Bool("up", {true}).Build());
  auto third = Decoded(BatchBuilder().Time({3}).Int64("v", {3}).Build());
  Admit(first);
  Admit(second);
  Admit(third);
  const std::vector<SchemaColumn> expected = {{"host", ColumnType::kString, ColumnRole::kTag},
                                              {"v", ColumnType::kDouble, ColumnRole::kField},
                                              {"up", ColumnType::kBool, ColumnRole::kField}};
  EXPECT_EQ(live_.registered_schema()->columns(), expected);
  EXPECT_EQ(report_.count, 0u);
  EXPECT_EQ(third.batch.columns[0].type(), ColumnType::kInt64) << "batches keep their types";
}

TEST_F(SchemaAdmissionTest, LongNamesAndValuesAreReported) {
  auto decoded = Decoded(BatchBuilder()
                             .Time({1, 2, 3, 4})
                             .Tag("host", {"a", "123456789", "b", "12345678"})
                             .String("text", {"12345678", "x", "1234567890", "y"})
                             .Build());
  Admit(decoded);
  EXPECT_EQ(decoded.batch.times, (std::vector<std::int64_t>{1, 4}));
  ASSERT_EQ(report_.count, 2u);
  EXPECT_EQ(
      report_.first[0].message,
      "measurement \"m\", column \"host\": the value has 9 bytes, more than the 8 it may have "
      "(ingest.max_value_size)");
  EXPECT_EQ(report_.first[1].line, 3u);
  auto named = Decoded(
      BatchBuilder().Time({5, 6}).Int64("v", {1, 2}).Int64("name_of_9", {1, std::nullopt}).Build());
  Admit(named);
  EXPECT_EQ(named.batch.times, (std::vector<std::int64_t>{6}));
  EXPECT_EQ(report_.first[2].message,
            "measurement \"m\", column \"name_of_9...\": the name has 9 bytes, more than the 8 it "
            "may have "
            "(ingest.max_name_size)");
  EXPECT_EQ(live_.registered_schema()->columns().size(), 3u);
}

TEST_F(SchemaAdmissionTest, RowsThatDoNotFitAreReportedAndTheOthersStay) {
  auto first = Decoded(BatchBuilder().Time({1}).String("v", {"text"}).Build());
  Admit(first);
  auto mixed = Decoded(BatchBuilder()
                           .Time({1, 2, 3})
                           .Int64("v", {7, std::nullopt, 8})
                           .Double("w", {1.0, 2.0, 3.0})
                           .Build());
  Admit(mixed);
  EXPECT_EQ(mixed.batch.times, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(mixed.lines, (std::vector<std::uint32_t>{2}));
  ASSERT_EQ(mixed.batch.columns.size(), 1u);
  EXPECT_EQ(ValueText(mixed.batch.columns[0], 0), "2");
  ASSERT_EQ(report_.count, 2u);
  EXPECT_EQ(report_.first[0].line, 1u);
  EXPECT_EQ(report_.first[1].line, 3u);
  EXPECT_EQ(report_.first[0].message,
            "measurement \"m\", column \"v\": holds string, the row offers integer: 7");
  EXPECT_EQ(LogTextOf(report_.first[0]),
            "measurement \"m\", column \"v\": holds string, the row offers integer");
  EXPECT_EQ(report_.first[0].kind, RefusalKind::kTypeConflict);
  EXPECT_EQ(report_.first[0].text, "m v=7,w=1 1");
}

TEST_F(SchemaAdmissionTest, SpellingIsTheFirstOne) {
  auto first = Decoded(BatchBuilder().Time({1}).Int64("Load", {1}).Build());
  auto second = Decoded(BatchBuilder().Time({1}).Int64("lOAD", {1}).Build());
  Admit(first);
  Admit(second);
  EXPECT_EQ(live_.registered_schema()->columns().size(), 1u);
  EXPECT_EQ(second.batch.columns[0].name, "Load");
}

TEST_F(SchemaAdmissionTest, ColumnsBeyondTheLimitRejectTheirRows) {
  auto batch =
      Decoded(BatchBuilder().Time({1, 2}).Int64("a", {1, 1}).Int64("b", {std::nullopt, 1}).Build());
  Admit(batch, 1);
  EXPECT_EQ(batch.batch.times, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(live_.registered_schema()->columns().size(), 1u);
  ASSERT_EQ(report_.count, 1u);
  EXPECT_NE(report_.first[0].message.find("ingest.max_columns"), std::string::npos);
}

TEST_F(SchemaAdmissionTest, TimesThatSqlCannotShowRejectTheirRows) {
  auto batch = Decoded(BatchBuilder()
                           .Time({INT64_MIN, kTimeMin - 1, kTimeMin, kTimeMax, INT64_MAX})
                           .Int64("v", {1, 2, 3, 4, 5})
                           .Build());
  Admit(batch);
  EXPECT_EQ(batch.batch.times, (std::vector<std::int64_t>{kTimeMin, kTimeMax}));
  EXPECT_EQ(report_.count, 3u);
  EXPECT_EQ(report_.first[2].line, 5u);
}

TEST_F(SchemaAdmissionTest, BatchWithoutARowLeftRegistersNothing) {
  auto first = Decoded(BatchBuilder().Time({1}).Int64("a", {1}).Build());
  Admit(first);
  auto bad = Decoded(BatchBuilder().Time({1}).String("a", {"x"}).Int64("new", {1}).Build());
  Admit(bad);
  EXPECT_EQ(bad.batch.row_count(), 0u);
  EXPECT_EQ(live_.registered_schema()->columns().size(), 1u);
}

TEST_F(SchemaAdmissionTest, ConcurrentFirstWritesAgreeOnOneSchema) {
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 8; writer++) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < 50; i++) {
        RejectionReport report;
        auto decoded =
            Decoded(BatchBuilder()
                        .Time({1})
                        .Int64("w" + std::to_string(writer) + "_" + std::to_string(i), {1})
                        .Double("shared", {1.0})
                        .Build());
        AdmitBatch(live_, {.columns_max = 1000}, decoded, report);
        ASSERT_EQ(report.count, 0u);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(live_.registered_schema()->columns().size(), 8u * 50u + 1u);
}

TEST_F(SchemaAdmissionTest, RowsThatAreReadBackJoinWithoutLimits) {
  auto batch = BatchBuilder().Time({1}).Int64("v", {1}).Build();
  ASSERT_TRUE(JoinRegistered(live_, batch).ok());
  batch = BatchBuilder().Time({2}).Double("V", {0.5}).Tag("host", {"a"}).Build();
  ASSERT_TRUE(JoinRegistered(live_, batch).ok());
  EXPECT_EQ(batch.columns[0].name, "v");
  const auto joined = live_.registered_schema();
  EXPECT_EQ(*joined, RowSchema({{"v", ColumnType::kDouble, ColumnRole::kField},
                                {"host", ColumnType::kString, ColumnRole::kTag}}));
  batch = BatchBuilder().Time({3}).Bool("v", {true}).Int64("new", {1}).Build();
  const auto refused = JoinRegistered(live_, batch);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(live_.registered_schema(), joined);
}

}  // namespace
}  // namespace arc::buffer
