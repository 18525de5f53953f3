#include "storage/flush_queue.h"

#include <gtest/gtest.h>

#include <memory>

#include "storage/storage_test_base.h"

namespace arc::storage {
namespace {

using std::chrono::seconds;

constexpr seconds kAge{100};

class FlushQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<buffer::LiveMeasurement> Write(const std::string& measurement,
                                                 std::size_t row_count) {
    auto live = tables_.FindOrCreate({"db", measurement});
    const auto lsn = Next(tables_.visible_lsn());
    auto batch = std::make_shared<ColumnBatch>();
    batch->times.resize(row_count);
    batch->SetTimeRange();
    live->Publish(lsn, std::move(batch), clock_.NowSteady());
    tables_.AdvanceVisible(lsn);
    queue_.OnPublished(live);
    return live;
  }
  std::size_t QueuedAfter(seconds time) {
    clock_.Advance(time);
    queue_.ClockMoved();
    return queue_.queued_count();
  }
  static Error Failure() { return {ErrorCode::kStorageFailed, "the disk failed"}; }

  MovableClock clock_;
  buffer::LiveTables tables_{MeasurementId{0}, kLsnZero};
  FlushQueue queue_{{/*rows_max=*/10, /*measurement_bytes_max=*/1'000'000, kAge}, tables_, clock_};
};

TEST_F(FlushQueueTest, AgeDecidesToTheSecond) {
  const auto live = Write("cpu", 1);
  EXPECT_EQ(QueuedAfter(kAge - seconds(1)), 0u);
  Write("cpu", 1);  // younger rows change nothing
  EXPECT_EQ(QueuedAfter(seconds(1)), 1u);
  EXPECT_EQ(queue_.TakeDue(), live);
  EXPECT_EQ(queue_.queued_count(), 0u);
}

TEST_F(FlushQueueTest, RowsDecide) {
  Write("cpu", 9);
  EXPECT_EQ(queue_.queued_count(), 0u);
  Write("cpu", 1);
  EXPECT_EQ(queue_.queued_count(), 1u);
  Write("cpu", 10);  // is queued already
  EXPECT_EQ(queue_.queued_count(), 1u);
}

TEST_F(FlushQueueTest, BytesDecide) {
  Write("cpu", 9);
  FlushQueue queue({1'000, /*measurement_bytes_max=*/1, kAge}, tables_, clock_);
  queue.OnPublished(tables_.Find("db", "cpu"));
  EXPECT_EQ(queue.queued_count(), 1u);
}

TEST_F(FlushQueueTest, WhatCameDuringAFlightIsScheduledWhenItLands) {
  const auto live = Write("cpu", 10);
  ASSERT_EQ(queue_.TakeDue(), live);
  const auto taken = tables_.visible_lsn();
  clock_.Advance(seconds(5));
  Write("cpu", 1);
  EXPECT_EQ(queue_.queued_count(), 0u);
  live->TrimFlushed(taken);
  queue_.Finished(*live, taken, {});
  EXPECT_EQ(QueuedAfter(kAge - seconds(1)), 0u);
  EXPECT_EQ(QueuedAfter(seconds(1)), 1u);
}

TEST_F(FlushQueueTest, AnEmptyMeasurementCostsNothing) {
  const auto live = Write("cpu", 10);
  ASSERT_EQ(queue_.TakeDue(), live);
  live->TrimFlushed(tables_.visible_lsn());
  queue_.Finished(*live, tables_.visible_lsn(), {});
  EXPECT_EQ(queue_.entry_count(), 0u);
  queue_.OnPublished(live);  // of rows that are flushed by now
  EXPECT_EQ(queue_.entry_count(), 0u);
}

TEST_F(FlushQueueTest, FailuresAreRepeatedWithGrowingDelay) {
  const auto live = Write("cpu", 10);
  for (const int delay : {1, 2, 4, 8, 16, 32, 60, 60}) {
    ASSERT_EQ(queue_.TakeDue(), live);
    queue_.Finished(*live, tables_.visible_lsn(), Failure());
    EXPECT_EQ(queue_.failing_count(), 1u);
    Write("cpu", 10);  // does not shorten it
    EXPECT_EQ(QueuedAfter(seconds(delay - 1)), 0u) << delay;
    EXPECT_EQ(QueuedAfter(seconds(1)), 1u) << delay;
  }
  ASSERT_EQ(queue_.TakeDue(), live);
  live->TrimFlushed(tables_.visible_lsn());
  queue_.Finished(*live, tables_.visible_lsn(), {});
  EXPECT_EQ(queue_.failing_count(), 0u);
}

TEST_F(FlushQueueTest, RelievesMemoryByTheLargestThatAreEnough) {
  const auto small = Write("small", 1);
  const auto large = Write("large", 9);
  const auto middle = Write("middle", 5);
  const auto two = large->usage().byte_count + 1;
  queue_.RelieveMemory(two);
  EXPECT_EQ(queue_.queued_count(), 2u);
  queue_.RelieveMemory(two);  // under way already
  EXPECT_EQ(queue_.queued_count(), 2u);
  EXPECT_EQ(queue_.TakeDue(), large);
  EXPECT_EQ(queue_.TakeDue(), middle);
}

TEST_F(FlushQueueTest, FlushAllGivesUpAtItsDeadline) {
  Write("cpu", 1);
  const auto flushed = queue_.FlushAll(std::chrono::milliseconds(0));
  ASSERT_FALSE(flushed.ok());
  EXPECT_EQ(flushed.error().code, ErrorCode::kDeadlinePassed);
  EXPECT_EQ(queue_.queued_count(), 1u);
}

TEST_F(FlushQueueTest, ClosedItGivesOutNothing) {
  Write("cpu", 10);
  queue_.Close();
  EXPECT_EQ(queue_.TakeDue(), nullptr);
  EXPECT_EQ(queue_.FlushAll(seconds(60)).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace arc::storage
