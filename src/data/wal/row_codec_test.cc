#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "data/wal/row_decoder.h"
#include "data/wal/row_encoder.h"
#include "foundation/base/crc32c.h"
#include "foundation/testing/batch_builder.h"

namespace arc::wal {
namespace {

using arc::testing::BatchBuilder;

const MeasurementName kCpu{"plant", "cpu"};
const MeasurementName kMemory{"plant", "memory"};

ColumnBatch EveryKind() {
  return BatchBuilder()
      .Time({30, -10, 20})
      .Tag("host", {"a", std::nullopt, "b"})
      .Double("load", {0.5, std::nullopt, -0.0})
      .Int64("count", {1, INT64_MIN, INT64_MAX})
      .Bool("up", {true, false, std::nullopt})
      .String("note", {"x", "", std::nullopt})
      .Build();
}

std::string Encode(const std::vector<RowsOfMeasurement>& parts) {
  const EncodedRows encoded(parts);
  std::string payload;
  for (const auto piece : encoded.Pieces()) payload += piece;
  EXPECT_EQ(payload.size(), encoded.byte_count());
  EXPECT_EQ(Crc32c(0, payload), encoded.checksum());
  return payload;
}

std::string Describe(const ColumnBatch& batch) {
  std::string text = std::to_string(batch.min_time) + ".." + std::to_string(batch.max_time);
  for (const auto time : batch.times) text += " " + std::to_string(time);
  for (const auto& column : batch.columns) {
    text += "\n" + column.name + (column.role == ColumnRole::kTag ? " tag" : " field") + " " +
            std::to_string(column.values.index());
    for (std::size_t row = 0; row < batch.row_count(); row++) text += " " + ValueText(column, row);
  }
  return text;
}

TEST(RowCodecTest, KeepsEveryKindOfValue) {
  const auto batch = EveryKind();
  const auto other = BatchBuilder().Time({7}).Int64("free", {8}).Build();
  const auto decoded = DecodeRows(Encode({{MeasurementId{300}, &kCpu, &batch, nullptr},
                                          {MeasurementId{2}, &kMemory, &other, nullptr}}));
  ASSERT_TRUE(decoded.ok()) << LogText(decoded.error());
  ASSERT_EQ(decoded.value().size(), 2u);
  EXPECT_EQ(decoded.value()[0].id, MeasurementId{300});
  EXPECT_EQ(decoded.value()[0].name, kCpu);
  EXPECT_EQ(Describe(decoded.value()[0].batch), Describe(batch));
  EXPECT_TRUE(decoded.value()[0].ends.empty());
  EXPECT_EQ(decoded.value()[1].name, kMemory);
  EXPECT_EQ(Describe(decoded.value()[1].batch), Describe(other));
}

TEST(RowCodecTest, KeepsTheLsnsOfRuns) {
  const auto batch = EveryKind();
  const RequestEnds ends = {{Lsn{5}, 1}, {Lsn{900}, 3}};
  const auto decoded = DecodeRows(Encode({{MeasurementId{1}, &kCpu, &batch, &ends}}));
  ASSERT_TRUE(decoded.ok()) << LogText(decoded.error());
  EXPECT_EQ(decoded.value()[0].ends, ends);
}

TEST(RowCodecTest, PointsIntoLargeColumnsInsteadOfCopyingThem) {
  std::vector<std::int64_t> times(100'000);
  BatchBuilder::Cells<std::int64_t> values;
  for (std::size_t i = 0; i < times.size(); i++) {
    times[i] = static_cast<std::int64_t>(i);
    values.emplace_back(static_cast<std::int64_t>(i * i));
  }
  const auto batch = BatchBuilder().Time(times).Int64("v", values).Build();
  const RowsOfMeasurement part{MeasurementId{1}, &kCpu, &batch, nullptr};
  const EncodedRows encoded({&part, 1});
  std::size_t outside = 0;
  for (const auto piece : encoded.Pieces()) {
    if (piece.data() == reinterpret_cast<const char*>(batch.times.data())) outside++;
  }
  EXPECT_EQ(outside, 1u);
  const auto decoded = DecodeRows(Encode({part}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.value()[0].batch.times, batch.times);
}

TEST(RowCodecTest, RefusesEveryPrefix) {
  const auto batch = EveryKind();
  const RequestEnds ends = {{Lsn{5}, 1}, {Lsn{900}, 3}};
  const auto payload = Encode({{MeasurementId{1}, &kCpu, &batch, &ends}});
  for (std::size_t size = 0; size < payload.size(); size++) {
    const auto decoded = DecodeRows(std::string_view(payload).substr(0, size));
    ASSERT_FALSE(decoded.ok()) << size;
    ASSERT_EQ(decoded.error().code, ErrorCode::kCorruptData);
  }
  EXPECT_FALSE(DecodeRows(payload + "x").ok());
}

// What the checksum lets pass must still be refused or be a batch that obeys every rule.
TEST(RowCodecTest, AnyDamageIsRefusedOrStillABatch) {
  const auto batch = EveryKind();
  const auto payload = Encode({{MeasurementId{1}, &kCpu, &batch, nullptr}});
  std::mt19937_64 random(20'261'123);
  for (int round = 0; round < 20'000; round++) {
    auto damaged = payload;
    for (int i = 0; i < 1 + round % 3; i++) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const auto decoded = DecodeRows(damaged);
    if (!decoded.ok()) continue;
    for (const auto& rows : decoded.value()) {
      ASSERT_EQ(FindBrokenRule(rows.batch), "");
      ASSERT_GT(rows.batch.row_count(), 0u);
    }
  }
}

}  // namespace
}  // namespace arc::wal
