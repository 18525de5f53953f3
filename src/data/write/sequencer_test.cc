#include "data/write/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "data/write/write_fixture.h"

namespace arc::write {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const MeasurementName kCpu{"db", "cpu"};
const MeasurementName kMem{"db", "mem"};

class SequencerTest : public ::testing::Test {
 protected:
  // Lets the next group hang in its sync until gate_ is opened, with its requests in `held`.
  void HoldDisk() {
    disk_.DelayEvery("sync /wal", [this](const auto&) { gate_.Pass(); });
  }
  static ErrorCode CodeOf(WritePath::Outcome outcome) {
    const auto result = outcome.get();
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorCode::kInternal : result.error().code;
  }

  ManualClock clock_;
  Gate gate_;
  arc::testing::FaultyFileSystem disk_;
};

TEST_F(SequencerTest, WhatWaitsIsLoggedTogetherAndSeenInOrder) {
  WritePath path(disk_, clock_);
  HoldDisk();
  auto first = path.Begin(kCpu, 1);
  gate_.WaitUntilReached();
  auto second = path.Begin(kCpu, 2);
  auto third = path.Begin(kMem, 3);
  EXPECT_EQ(path.VisibleRows(kCpu), 0u);
  EXPECT_EQ(path.tables().visible_lsn(), kLsnZero);
  gate_.Open();
  EXPECT_EQ(third.get().value(), Lsn{3});
  EXPECT_EQ(first.get().value(), Lsn{1});
  EXPECT_EQ(second.get().value(), Lsn{2});
  EXPECT_EQ(path.VisibleRows(kCpu), 3u);
  EXPECT_EQ(path.VisibleRows(kMem), 3u);
  EXPECT_EQ(path.tables().visible_lsn(), Lsn{3});
  EXPECT_EQ(path.log().group_count(), 2u);
  EXPECT_EQ(path.log().durable_lsn(), Lsn{3});
  EXPECT_EQ(path.published_count(), 3);
  EXPECT_EQ(path.sequencer().queued_bytes(), 0u);
}

TEST_F(SequencerTest, ABarrierIsReachedWhenAllBeforeItIsVisible) {
  WritePath path(disk_, clock_);
  HoldDisk();
  auto held = path.Begin(kCpu);
  gate_.WaitUntilReached();
  auto before = path.Begin(kCpu, 4);
  std::promise<std::size_t> rows_at_barrier;
  ASSERT_TRUE(path.sequencer()
                  .Barrier([&](const Result<Lsn>& lsn) {
                    EXPECT_EQ(lsn.value(), Lsn{3});
                    rows_at_barrier.set_value(path.VisibleRows(kCpu));
                  })
                  .ok());
  gate_.Open();
  EXPECT_EQ(rows_at_barrier.get_future().get(), 5u);
  EXPECT_EQ(path.Write(kCpu).value(), Lsn{4});
}

TEST_F(SequencerTest, ABarrierAloneNeedsNoDisk) {
  WritePath path(disk_, clock_);
  disk_.FailEvery("/wal", ErrorCode::kStorageFailed);
  EXPECT_EQ(path.BeginBarrier().get().value(), Lsn{1});
  EXPECT_EQ(path.tables().visible_lsn(), Lsn{1});
}

TEST_F(SequencerTest, AFullDiskRefusesTheWholeGroupAndTheNextOneIsTaken) {
  WritePath path(disk_, clock_);
  ASSERT_TRUE(path.Write(kCpu).ok());
  HoldDisk();
  auto held = path.Begin(kCpu);
  gate_.WaitUntilReached();
  disk_.FailEvery("write /wal", ErrorCode::kNoSpace);
  auto first = path.Begin(kCpu);
  auto barrier = path.BeginBarrier();
  auto second = path.Begin(kMem);
  gate_.Open();
  EXPECT_TRUE(held.get().ok());
  EXPECT_EQ(CodeOf(std::move(first)), ErrorCode::kNoSpace);
  EXPECT_EQ(CodeOf(std::move(second)), ErrorCode::kNoSpace);
  EXPECT_EQ(barrier.get().value(), Lsn{4});
  EXPECT_EQ(path.VisibleRows(kCpu), 2u);
  EXPECT_EQ(path.VisibleRows(kMem), 0u);
  EXPECT_EQ(path.sequencer().refused_count(), 2u);

  disk_.Repair();
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(path.Write(kMem).value(), Lsn{6});
  EXPECT_EQ(path.VisibleRows(kMem), 1u);
}

TEST_F(SequencerTest, AfterAFailedSyncNothingIsTakenOrShown) {
  WritePath path(disk_, clock_);
  ASSERT_TRUE(path.Write(kCpu).ok());
  disk_.FailSyncs("/wal");
  EXPECT_EQ(CodeOf(path.Begin(kCpu)), ErrorCode::kUnavailable);
  disk_.Repair();
  EXPECT_EQ(CodeOf(path.Begin(kCpu)), ErrorCode::kUnavailable);
  EXPECT_EQ(path.VisibleRows(kCpu), 1u);
}

// The hung group is answered with "unknown", what waits behind it and what comes with "retry"; when
// the disk answers at last, the rows of the group are there and writes go on.
TEST_F(SequencerTest, ADiskThatHangsIsNotWaitedForLongerThanItsTime) {
  WritePath path(disk_, clock_);
  HoldDisk();
  auto hung = path.Begin(kCpu, 3);
  gate_.WaitUntilReached();
  auto behind = path.Begin(kCpu, 5);
  auto barrier = path.BeginBarrier();
  clock_.Advance(std::chrono::seconds(29));
  EXPECT_EQ(hung.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  clock_.Advance(std::chrono::seconds(1));
  const auto unknown = hung.get();
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(unknown.error().message, HasSubstr("outcome unknown"));
  const auto refused = behind.get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("unknown")));
  EXPECT_EQ(CodeOf(std::move(barrier)), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(path.Begin(kCpu)), ErrorCode::kUnavailable);
  EXPECT_EQ(path.VisibleRows(kCpu), 0u);
  EXPECT_EQ(path.sequencer().queued_bytes(), 0u);

  gate_.Open();
  auto written = path.Write(kMem);
  while (!written.ok()) written = path.Write(kMem);  // until the group is through
  EXPECT_EQ(path.VisibleRows(kCpu), 3u);
  EXPECT_EQ(path.VisibleRows(kMem), 1u);
}

TEST_F(SequencerTest, ARecordThatTheLogCannotHoldIsRefusedAndTakesNoPlace) {
  auto options = WritePath::kOptions;
  options.record_bytes_max = 1'000;
  WritePath path(disk_, clock_, options);
  EXPECT_EQ(CodeOf(path.Begin(kCpu, 1'000)), ErrorCode::kTooLarge);
  EXPECT_EQ(path.Write(kCpu, 10).value(), Lsn{1});
}

TEST_F(SequencerTest, AFullQueueRefusesButALargeRequestMayPassAlone) {
  auto options = WritePath::kOptions;
  options.queue_bytes_max = 1'000;
  WritePath path(disk_, clock_, options);
  HoldDisk();
  auto held = path.Begin(kCpu);
  gate_.WaitUntilReached();
  auto large = path.Begin(kCpu, 1'000);
  EXPECT_EQ(CodeOf(path.Begin(kCpu)), ErrorCode::kOverloaded);
  EXPECT_EQ(path.sequencer().refused_count(), 1u);
  auto barrier = path.BeginBarrier();  // holds no memory
  gate_.Open();
  EXPECT_TRUE(large.get().ok());
  EXPECT_TRUE(barrier.get().ok());
  EXPECT_EQ(path.VisibleRows(kCpu), 1'001u);
}

TEST_F(SequencerTest, WhatIsBeingDroppedIsRefused) {
  WritePath path(disk_, clock_);
  const auto live = path.tables().FindOrCreate(kCpu).value();
  {
    const auto mark = path.tables().BeginDrop(kCpu).TakeValue();
    EXPECT_EQ(CodeOf(path.Begin(live)), ErrorCode::kOverloaded);
    EXPECT_TRUE(path.Write(kMem).ok());
  }
  EXPECT_TRUE(path.Begin(live).get().ok());
}

TEST_F(SequencerTest, CloseFinishesWhatIsQueued) {
  WritePath path(disk_, clock_);
  HoldDisk();
  auto first = path.Begin(kCpu);
  gate_.WaitUntilReached();
  auto second = path.Begin(kCpu);
  std::thread closer([&] { path.sequencer().Close(); });
  gate_.Open();
  closer.join();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_EQ(path.VisibleRows(kCpu), 2u);
  EXPECT_EQ(CodeOf(path.Begin(kCpu)), ErrorCode::kCancelled);
  EXPECT_EQ(CodeOf(path.BeginBarrier()), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace arc::write
