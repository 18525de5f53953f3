#include "data/flush/flush_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "data/files/storage_test_base.h"
#include "foundation/testing/manual_clock.h"

namespace arc::flush {

using std::chrono::seconds;

constexpr seconds kAge{100};

class FlushQueueTest : public ::testing::Test {
 protected:
  FlushQueueTest() : FlushQueueTest({/*rows_max=*/10, /*measurement_bytes_max=*/1'000'000, kAge}) {}
  explicit FlushQueueTest(const FlushQueue::Policy& policy) : queue_(policy, tables_, clock_) {}

  std::shared_ptr<buffer::LiveMeasurement> Write(const std::string& measurement,
                                                 std::size_t row_count) {
    auto live = tables_.FindOrCreate({"db", measurement}).value();
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
    MutexLock lock(queue_.mutex_);
    queue_.PassDeadlinesLocked(clock_.NowSteady());
    return queue_.ready_.size();
  }
  std::size_t EntryCount() {
    MutexLock lock(queue_.mutex_);
    return queue_.entries_.size();
  }
  static Error Failure() { return {ErrorCode::kStorageFailed, "the disk failed"}; }

  arc::testing::ManualClock clock_;
  buffer::LiveMeasurements tables_{MeasurementId{0}, kLsnZero};
  FlushQueue queue_;
};

namespace {

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
  EXPECT_EQ(EntryCount(), 0u);
  queue_.OnPublished(live);  // of rows that are flushed by now
  EXPECT_EQ(EntryCount(), 0u);
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

TEST_F(FlushQueueTest, RelievesMemoryByTheOldestWhenAllAreSmall) {
  std::vector<std::shared_ptr<buffer::LiveMeasurement>> all;
  for (int i = 0; i < 100; i++) {
    all.push_back(Write("m" + std::to_string(i), i == 70 ? 5 : 1));  // which is small as well
    clock_.Advance(seconds(1));
  }
  const auto one = all[0]->usage().byte_count;
  queue_.RelieveMemory(40 * one);
  EXPECT_EQ(queue_.queued_count(), 40u);
  for (int i = 0; i < 40; i++) EXPECT_EQ(queue_.TakeDue(), all[static_cast<std::size_t>(i)]);
}

TEST_F(FlushQueueTest, ReliefThatWasNotEnoughIsNotRepeatedAtOnce) {
  Write("a", 1);
  queue_.RelieveMemory(1'000'000);
  EXPECT_EQ(queue_.queued_count(), 1u);
  Write("b", 1);
  queue_.RelieveMemory(1'000'000);
  EXPECT_EQ(queue_.queued_count(), 1u);
  clock_.Advance(FlushQueue::kReliefPause);
  queue_.RelieveMemory(1'000'000);
  EXPECT_EQ(queue_.queued_count(), 2u);
}

TEST_F(FlushQueueTest, TheLogAsksForMeasurementsWithOldRowsThatAreWorthAFile) {
  const auto old = Write("old", 5);           // LSN 1
  Write("old_and_small", 1);                  // LSN 2
  const auto failing = Write("failing", 10);  // LSN 3, due for its rows
  ASSERT_EQ(queue_.TakeDue(), failing);
  queue_.Finished(*failing, tables_.visible_lsn(), Failure());
  Write("young", 5);  // LSN 4
  EXPECT_EQ(queue_.FlushOlderThan(Lsn{3}, 2), 1u);
  EXPECT_EQ(queue_.queued_count(), 1u);
  EXPECT_EQ(queue_.FlushOlderThan(Lsn{3}, 2), 1u);  // is under way already
  EXPECT_EQ(queue_.queued_count(), 1u);
  EXPECT_EQ(queue_.TakeDue(), old);
  EXPECT_EQ(queue_.FlushOlderThan(Lsn{4}, 2), 2u);
}

TEST_F(FlushQueueTest, OfADroppedMeasurementNothingIsLeft) {
  const auto waiting = Write("waiting", 1);
  const auto failing = Write("failing", 10);
  ASSERT_EQ(queue_.TakeDue(), failing);
  queue_.Finished(*failing, tables_.visible_lsn(), Failure());
  const auto queued = Write("queued", 10);
  for (const auto& live : {waiting, failing, queued}) {
    live->MarkDropped();
    queue_.Forget(live->id());
  }
  EXPECT_EQ(EntryCount(), 1u);
  EXPECT_EQ(queue_.failing_count(), 0u);
  EXPECT_EQ(QueuedAfter(2 * kAge), 1u);  // the one that was queued
  ASSERT_EQ(queue_.TakeDue(), queued);
  queue_.Forget(queued->id());
  queue_.Finished(*queued, tables_.visible_lsn(), {});
  EXPECT_EQ(EntryCount(), 0u);
}

// Measurements with fewer than four rows wait for a thousand seconds.
class SmallBufferTest : public FlushQueueTest {
 protected:
  SmallBufferTest() : FlushQueueTest({/*rows_max=*/10, 1'000'000, kAge, 4, kSmallAge}) {}
  static constexpr seconds kSmallAge{1'000};
};

TEST_F(SmallBufferTest, FewRowsWaitLonger) {
  const auto small = Write("small", 3);
  const auto worth_a_file = Write("worth_a_file", 4);
  EXPECT_EQ(QueuedAfter(kAge - seconds(1)), 0u);
  EXPECT_EQ(QueuedAfter(seconds(1)), 1u);
  EXPECT_EQ(queue_.TakeDue(), worth_a_file);
  EXPECT_EQ(QueuedAfter(kSmallAge - kAge - seconds(1)), 0u);
  EXPECT_EQ(QueuedAfter(seconds(1)), 1u);
  EXPECT_EQ(queue_.TakeDue(), small);
}

TEST_F(SmallBufferTest, TheDeadlineMovesWhenThereAreEnoughRows) {
  Write("cpu", 3);
  EXPECT_EQ(QueuedAfter(kAge / 2), 0u);
  Write("cpu", 1);
  EXPECT_EQ(QueuedAfter(kAge / 2 - seconds(1)), 0u);
  EXPECT_EQ(QueuedAfter(seconds(1)), 1u);
  Write("mem", 3);
  EXPECT_EQ(QueuedAfter(2 * kAge), 1u);
  Write("mem", 1);  // is overdue now
  EXPECT_EQ(QueuedAfter(seconds(0)), 2u);
}

// The thread of the schedule sleeps while there is nothing to do, whatever is written meanwhile.
TEST_F(SmallBufferTest, TheScheduleWakesOnlyForEarlierDeadlines) {
  std::thread schedule([this] { queue_.ScheduleUntilClosed(); });
  const auto await_sleeps = [this](std::uint64_t count) {
    while (clock_.deadline_count() < count) std::this_thread::yield();
  };
  await_sleeps(1);
  Write("first", 1);  // due after kSmallAge
  await_sleeps(2);
  for (int i = 0; i < 1'000; i++) Write("m" + std::to_string(i), 3);
  Write("m0", 1);  // due after kAge
  await_sleeps(3);
  for (int i = 0; i < 1'000; i++) Write("m" + std::to_string(i), 1);
  EXPECT_EQ(clock_.deadline_count(), 3u);
  queue_.Close();
  schedule.join();
  EXPECT_EQ(queue_.queued_count(), 0u);
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
}  // namespace arc::flush
