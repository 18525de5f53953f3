#include "data/write/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <numeric>
#include <thread>

#include "foundation/testing/batch_builder.h"

namespace arc::write {
namespace {

using ::arc::testing::BatchBuilder;

DecodedMeasurement Decoded(const std::string& measurement, ColumnBatch batch) {
  DecodedMeasurement decoded{measurement, std::move(batch), {}};
  decoded.lines.resize(decoded.batch.row_count());
  std::iota(decoded.lines.begin(), decoded.lines.end(), 1);
  return decoded;
}

class WriterTest : public ::testing::Test {
 protected:
  static constexpr WriteLimits kLimits{{10, 3}, 1 << 20};

  void TearDown() override { sequencer_.Close(); }

  Result<WriteOutcome> Write(std::vector<DecodedMeasurement> measurements,
                             WriteLimits limits = kLimits, const std::string& database = "db") {
    Writer writer(
        limits, tables_, sequencer_, metrics_,
        {.relieve = [this] { relieved_++; }, .is_out = [this] { return is_out_.load(); }});
    std::promise<Result<WriteOutcome>> outcome;
    DecodedBody body;
    body.measurements = std::move(measurements);
    writer.Write(database, std::move(body),
                 [&](Result<WriteOutcome> result) { outcome.set_value(std::move(result)); });
    return outcome.get_future().get();
  }

  std::size_t VisibleRows(const std::string& measurement) {
    const auto live = tables_.Find("db", measurement);
    if (live == nullptr) return 0;
    std::size_t rows = 0;
    const auto view = live->Read(kLsnZero, tables_.visible_lsn());
    for (const auto& slice : view->slices) {
      rows += slice.row_end - slice.row_begin;
    }
    return rows;
  }

  std::atomic<int> relieved_{0};
  std::atomic<bool> is_out_ = false;
  std::atomic<int> published_{0};
  Metrics metrics_;
  buffer::LiveMeasurements tables_{MeasurementId{0}, Lsn{100}};
  Sequencer sequencer_{{1 << 20, 1 << 20, std::chrono::seconds(30), Lsn{100}},
                       /*log=*/nullptr,
                       tables_,
                       Clock::System(),
                       {[this](const auto&) { published_++; }, [] {}}};
};

TEST_F(WriterTest, WhatIsAcknowledgedIsVisible) {
  const auto outcome =
      Write({Decoded("cpu", BatchBuilder().Time({1, 2}).Int64("v", {1, 2}).Build()),
             Decoded("mem", BatchBuilder().Time({3}).Int64("v", {3}).Build())});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.value().accepted, 3u);
  EXPECT_EQ(VisibleRows("cpu"), 2u);
  EXPECT_EQ(VisibleRows("mem"), 1u);
  EXPECT_EQ(tables_.visible_lsn(), Lsn{101});
  EXPECT_EQ(published_, 2);
}

TEST_F(WriterTest, GoodRowsAreStoredAndTheOthersReported) {
  ASSERT_TRUE(Write({Decoded("cpu", BatchBuilder().Time({1}).String("v", {"x"}).Build())}).ok());
  const auto outcome = Write({Decoded(
      "cpu",
      BatchBuilder().Time({1, 2}).Int64("v", {1, std::nullopt}).Bool("up", {true, true}).Build())});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.value().accepted, 1u);
  EXPECT_EQ(outcome.value().rejections.count, 1u);
  EXPECT_EQ(outcome.value().rejections.first[0].line, 1u);
  EXPECT_EQ(VisibleRows("cpu"), 2u);
}

TEST_F(WriterTest, MeasurementsBeyondTheLimitAreRefused) {
  for (const auto* name : {"a", "b", "c"}) {
    ASSERT_EQ(
        Write({Decoded(name, BatchBuilder().Time({1}).Int64("v", {1}).Build())}).value().accepted,
        1u);
  }
  const auto outcome = Write({Decoded("d", BatchBuilder().Time({1}).Int64("v", {1}).Build()),
                              Decoded("a", BatchBuilder().Time({1}).Int64("v", {1}).Build())});
  EXPECT_EQ(outcome.value().accepted, 1u);
  EXPECT_EQ(outcome.value().rejections.count, 1u);
  EXPECT_EQ(tables_.Find("db", "d"), nullptr);
}

TEST_F(WriterTest, OverTheMemoryBudgetNothingIsStored) {
  const auto row = [] { return BatchBuilder().Time({1}).Int64("v", {1}).Build(); };
  const WriteLimits limits{{10, 3}, MemoryBytes(row()) * 3 / 2};
  ASSERT_TRUE(Write({Decoded("cpu", row())}, limits).ok());
  const auto outcome = Write({Decoded("mem", row())}, limits);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(tables_.Find("db", "mem"), nullptr);
  EXPECT_GE(relieved_, 1);
}

TEST_F(WriterTest, WhileTheProcessIsOverItsLimitNothingIsStoredAndRoomIsMade) {
  const auto row = [] { return BatchBuilder().Time({1}).Int64("v", {1}).Build(); };
  is_out_ = true;
  const auto refused = Write({Decoded("cpu", row())});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("server.memory_limit"));
  EXPECT_EQ(relieved_, 1);
  is_out_ = false;
  EXPECT_TRUE(Write({Decoded("cpu", row())}).ok());
  EXPECT_EQ(VisibleRows("cpu"), 1U);
}

TEST_F(WriterTest, ARequestThatNeverFitsIsNotAskedToBeRepeated) {
  const auto outcome =
      Write({Decoded("cpu", BatchBuilder().Time({1}).Int64("v", {1}).Build())}, {{10, 3}, 16});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(tables_.Find("db", "cpu"), nullptr);
}

TEST_F(WriterTest, AfterCloseWritesAreRefused) {
  sequencer_.Close();
  const auto outcome = Write({Decoded("cpu", BatchBuilder().Time({1}).Int64("v", {1}).Build())});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, ErrorCode::kCancelled);
}

// Writers on several threads: every request of two measurements is seen in both or in neither.
TEST_F(WriterTest, RequestsAppearWhole) {
  const WriteLimits limits{{10, 3}, std::size_t{1} << 30};
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; i++) {
    writers.emplace_back([&] {
      while (!stop) {
        ASSERT_TRUE(Write({Decoded("a", BatchBuilder().Time({1}).Int64("v", {1}).Build()),
                           Decoded("b", BatchBuilder().Time({1}).Int64("v", {1}).Build())},
                          limits)
                        .ok());
      }
    });
  }
  auto visible = tables_.visible_lsn();
  while (visible < Lsn{1'000}) {
    visible = tables_.visible_lsn();
    const auto a = tables_.Find("db", "a"), b = tables_.Find("db", "b");
    if (a == nullptr || b == nullptr) continue;
    const auto rows = [&](const auto& live) {
      std::size_t count = 0;
      const auto view = live->Read(kLsnZero, visible);
      for (const auto& slice : view->slices) {
        count += slice.row_end - slice.row_begin;
      }
      return count;
    };
    ASSERT_EQ(rows(a), rows(b));
    ASSERT_EQ(rows(a), ToNumber(visible) - 100);
  }
  stop = true;
  for (auto& writer : writers) writer.join();
}

}  // namespace
}  // namespace arc::write
