#include "data/write/wal_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "data/wal/recovery.h"
#include "data/wal/row_decoder.h"
#include "data/write/write_fixture.h"

namespace arc::write {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const MeasurementName kCpu{"db", "cpu"};
const MeasurementName kIdle{"db", "idle"};

// A log of segments of 64 KiB. Every test writes first and starts the keeper then: it begins with a
// look at everything, whose end Finish() waits for.
class WalKeeperTest : public ::testing::Test {
 protected:
  struct FlushRequest {
    Lsn last_lsn;
    std::size_t rows_min;
    bool operator==(const FlushRequest&) const = default;
  };

  void TearDown() override {
    if (keeper_) keeper_->Close();
  }

  void Write(const MeasurementName& name, std::size_t row_count) {
    const auto written = path_.Write(name, row_count);
    ASSERT_TRUE(written.ok()) << LogText(written.error());
    last_lsn_ = written.value();
  }
  // What a flush of everything up to `last_lsn` does to memory.
  void TrimFlushed(const MeasurementName& name, Lsn last_lsn) {
    path_.tables().Find(name.database, name.measurement)->TrimFlushed(last_lsn);
  }
  void Start(WalKeeper::Options options) {
    WalKeeper::Hooks hooks;
    hooks.flush_older_than = [this](Lsn last_lsn, std::size_t rows_min) {
      flush_requests_.push_back({last_lsn, rows_min});
      return flushes_of_large_;
    };
    hooks.on_released = [this](Lsn lsn) {
      MutexLock lock(mutex_);
      released_ = lsn;
      changed_.NotifyAll();
    };
    keeper_ =
        std::make_unique<WalKeeper>(options, path_.log(), path_.tables(), clock_, std::move(hooks));
  }
  void WaitUntilReleased(Lsn lsn) {
    MutexLock lock(mutex_);
    while (released_ < lsn) changed_.Wait(lock);
  }
  // The first thing the keeper does is to release: it has begun then, and Close waits for its end.
  void Finish() {
    WaitUntilReleased(Lsn{1});
    keeper_->Close();
  }
  // The rows of each measurement that a start would find in the log.
  std::map<MeasurementName, std::size_t> RowsInLog() {
    EXPECT_TRUE(path_.log().Close().ok());
    std::map<MeasurementName, std::size_t> rows;
    const auto recovered = wal::Recover(
        disk_, "/wal", kLsnZero, [&](const wal::RecoveredRecord& record) -> Result<void> {
          for (const auto& part : TRY(wal::DecodeRows(record.payload))) {
            rows[part.name] += part.batch.row_count();
          }
          return {};
        });
    EXPECT_TRUE(recovered.ok());
    return rows;
  }

  static constexpr std::uint64_t kNeverFull = std::uint64_t{1} << 40;

  ManualClock clock_;
  arc::testing::FaultyFileSystem disk_;
  WritePath path_{disk_, clock_};
  Lsn last_lsn_ = kLsnZero;
  std::size_t flushes_of_large_ = 1;
  std::vector<FlushRequest> flush_requests_;
  Mutex mutex_;
  Condition changed_;
  Lsn released_ GUARDED_BY(mutex_) = kLsnZero;
  std::unique_ptr<WalKeeper> keeper_;
};

TEST_F(WalKeeperTest, SegmentsGoWhenTheirRowsAreInFiles) {
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  const auto segments = path_.log().segments();
  ASSERT_GT(segments.size(), 3u);
  Start({.log_bytes_max = kNeverFull});
  WaitUntilReleased(Lsn{1});
  EXPECT_EQ(path_.log().segments().size(), segments.size()) << "nothing is in files yet";

  TrimFlushed(kCpu, segments[1].last);
  keeper_->OnTrimmed();
  WaitUntilReleased(segments[2].first);
  EXPECT_EQ(path_.log().segments().size(), segments.size() - 2);
  EXPECT_EQ(path_.log().segments().front().first, segments[2].first);

  TrimFlushed(kCpu, last_lsn_);
  keeper_->OnTrimmed();
  WaitUntilReleased(path_.log().segments().back().first);
  EXPECT_EQ(path_.log().segments().size(), 1u) << "the open one stays";
}

TEST_F(WalKeeperTest, WhatADropForgetsHoldsNoSegment) {
  Write(kIdle, 1);
  for (int i = 0; i < 10; i++) Write(kCpu, 1'000);
  TrimFlushed(kCpu, last_lsn_);
  Start({.log_bytes_max = kNeverFull});
  WaitUntilReleased(Lsn{1});
  ASSERT_GT(path_.log().segments().size(), 1u);
  path_.tables().BeginDrop(kIdle).TakeValue().Finish();
  keeper_->OnTrimmed();
  WaitUntilReleased(path_.log().segments().back().first);
  EXPECT_EQ(path_.log().segments().size(), 1u);
}

TEST_F(WalKeeperTest, CloseFreesWhatItStillCan) {
  for (int i = 0; i < 10; i++) Write(kCpu, 1'000);
  Start({.log_bytes_max = kNeverFull});
  WaitUntilReleased(Lsn{1});
  TrimFlushed(kCpu, last_lsn_);
  keeper_->Close();
  EXPECT_EQ(path_.log().segments().size(), 1u);
}

TEST_F(WalKeeperTest, ASpareSegmentIsMadeReady) {
  Write(kCpu, 1);
  ASSERT_TRUE(path_.log().wants_spare());
  Start({.log_bytes_max = kNeverFull});
  Finish();
  EXPECT_FALSE(path_.log().wants_spare());
}

// A few rows of an idle measurement are all that old segments are kept for.
TEST_F(WalKeeperTest, FewRowsLeftInAGrownLogAreCopiedTogether) {
  Write(kIdle, 3);
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  Write(kIdle, 2);
  TrimFlushed(kCpu, last_lsn_);
  const auto before = path_.log().segments();
  Start({.log_bytes_max = path_.log().total_bytes()});
  Finish();
  const auto checkpoint = path_.log().checkpoint();
  ASSERT_TRUE(checkpoint);
  EXPECT_THAT(flush_requests_, IsEmpty());
  const auto after = path_.log().segments();
  EXPECT_LT(after.size(), before.size());
  EXPECT_GT(after.front().first, checkpoint->last_lsn);
  EXPECT_LE(path_.log().total_bytes(), before.size() * (std::uint64_t{64} << 10) / 2);
  EXPECT_EQ(RowsInLog()[kIdle], 5u);
}

// Many tiny requests lie in one batch in memory. Part of it is flushed: only the rest is copied.
TEST_F(WalKeeperTest, ACopyLeavesOutWhatIsInFiles) {
  for (int i = 0; i < 100; i++) Write(kIdle, 1);
  const auto half = Lsn{ToNumber(last_lsn_) - 50};
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  TrimFlushed(kCpu, last_lsn_);
  TrimFlushed(kIdle, half);
  const auto runs = path_.tables().Find("db", "idle")->PeekRequests(last_lsn_);
  ASSERT_GT(runs.front().slice.row_begin, 0u) << "the cut is to be within a batch";
  Start({.log_bytes_max = path_.log().total_bytes()});
  Finish();
  ASSERT_TRUE(path_.log().checkpoint());
  EXPECT_EQ(RowsInLog()[kIdle], 50u);
}

TEST_F(WalKeeperTest, ManyRowsLeftInAGrownLogAreFlushed) {
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  const auto segments = path_.log().segments();
  Start({.log_bytes_max = path_.log().total_bytes()});
  Finish();
  EXPECT_FALSE(path_.log().checkpoint());
  ASSERT_EQ(flush_requests_.size(), 1u);
  EXPECT_GT(flush_requests_[0].rows_min, 1'000u) << "those that fill a file first";
  EXPECT_GE(flush_requests_[0].last_lsn, segments[segments.size() / 2].last);
  EXPECT_LT(flush_requests_[0].last_lsn, segments.back().first);
}

TEST_F(WalKeeperTest, SmallMeasurementsAreFlushedWhenThereIsNoLargeOne) {
  flushes_of_large_ = 0;
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  Start({.log_bytes_max = path_.log().total_bytes()});
  Finish();
  ASSERT_EQ(flush_requests_.size(), 2u);
  EXPECT_EQ(flush_requests_[1], (FlushRequest{flush_requests_[0].last_lsn, 1}));
}

TEST_F(WalKeeperTest, ALogThatIsHalfEmptyIsLeftAlone) {
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  Start({.log_bytes_max = 2 * path_.log().total_bytes()});
  Finish();
  EXPECT_FALSE(path_.log().checkpoint());
  EXPECT_THAT(flush_requests_, IsEmpty());
}

// The disk refuses the copy: everything stays as it was.
TEST_F(WalKeeperTest, ACopyThatFailsFreesNothing) {
  Write(kIdle, 3);
  for (int i = 0; i < 20; i++) Write(kCpu, 1'000);
  TrimFlushed(kCpu, last_lsn_);
  const auto before = path_.log().segments().size();
  disk_.FailEvery("checkpoint", ErrorCode::kNoSpace);
  Start({.log_bytes_max = path_.log().total_bytes()});
  Finish();
  EXPECT_FALSE(path_.log().checkpoint());
  EXPECT_EQ(path_.log().segments().size(), before);
  disk_.Repair();
  EXPECT_EQ(RowsInLog()[kIdle], 3u);
}

}  // namespace
}  // namespace arc::write
