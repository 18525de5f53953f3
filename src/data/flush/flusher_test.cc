#include "data/flush/flusher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "data/buffer/schema_admission.h"
#include "data/files/storage_test_base.h"
#include "foundation/testing/batch_builder.h"

namespace arc::flush {
namespace {

using arc::testing::BatchBuilder;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr seconds kAge{100};
constexpr seconds kPatience{60};  // of a test that waits for another thread; never used up

class FlusherTest : public files::StorageTestBase {
 protected:
  FlusherTest() {
    Flusher::Options options;
    options.policy = {/*rows_max=*/1'000, /*measurement_bytes_max=*/std::size_t{1} << 30, kAge};
    options.worker_count = 2;
    options.before_flush = [this](Lsn last_lsn) -> Result<void> {
      prepared_lsn_ = ToNumber(last_lsn);
      if (log_fails_) return Error{ErrorCode::kStorageFailed, "the log failed"};
      return {};
    };
    options.on_trimmed = [this] { trimmed_count_++; };
    flusher_ = std::make_unique<Flusher>(options, *stager_, *publisher_, tables_, clock_, metrics_);
  }
  ~FlusherTest() override { flusher_->Close(); }

  std::shared_ptr<buffer::LiveMeasurement> Write(const std::string& measurement,
                                                 ColumnBatch batch) {
    auto live = tables_.FindOrCreate({"db", measurement}).value();
    DecodedMeasurement decoded{measurement, std::move(batch), {}};
    decoded.lines.resize(decoded.batch.row_count());
    RejectionReport report;
    buffer::AdmitBatch(*live, {.columns_max = 1'000}, decoded, report);
    EXPECT_EQ(report.count, 0u);
    const auto lsn = Next(tables_.visible_lsn());
    live->Publish(lsn, std::make_shared<const ColumnBatch>(std::move(decoded.batch)),
                  clock_.NowSteady());
    tables_.AdvanceVisible(lsn);
    flusher_->OnPublished(live);
    return live;
  }
  ColumnBatch Row(std::int64_t time) {
    return BatchBuilder().Time({time}).Double("v", {1}).Build();
  }

  // Waits until the measurement has no buffered row.
  static void AwaitEmpty(const buffer::LiveMeasurement& live) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (live.usage().row_count > 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::yield();
    }
  }
  static void AwaitFailures(const Flusher& flusher, std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (flusher.failing_measurement_count() != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::yield();
    }
  }

  std::atomic<std::uint64_t> prepared_lsn_{0};
  std::atomic<std::size_t> trimmed_count_{0};
  std::atomic<bool> log_fails_{false};
  std::unique_ptr<Flusher> flusher_;
};

TEST_F(FlusherTest, FlushAllPutsEverythingVisibleIntoFiles) {
  const auto cpu =
      Write("cpu", BatchBuilder().Time({2}).Tag("host", {"a"}).Int64("v", {1}).Build());
  Write("cpu", BatchBuilder().Time({1}).Double("v", {0.5}).Build());
  Write("mem", BatchBuilder().Time({3}).Bool("up", {true}).Build());
  ASSERT_TRUE(flusher_->FlushAll(kPatience).ok());
  EXPECT_EQ(cpu->usage().row_count, 0u);
  EXPECT_THAT(PublishedRows({"db", "cpu"}), ElementsAre("1 null 0.5", R"(2 "a" 1)"));
  EXPECT_THAT(PublishedRows({"db", "mem"}), ElementsAre("3 true"));
  const auto state = catalog_->snapshot()->FindMeasurement({"db", "cpu"});
  EXPECT_EQ(state->id, cpu->id());
  EXPECT_EQ(state->flushed_lsn, Lsn{2});
  EXPECT_EQ(state->files[0].min_lsn, Lsn{1});
  EXPECT_EQ(state->files[0].max_lsn, Lsn{2});
  EXPECT_TRUE(flusher_->FlushAll(kPatience).ok());  // nothing left to do
  EXPECT_EQ(FilesOnDisk().size(), 2u);
}

TEST_F(FlusherTest, AFullMeasurementIsDueAtOnce) {
  std::vector<std::int64_t> times(1'000);
  ColumnBatch batch;
  batch.times = times;
  batch.SetTimeRange();
  AwaitEmpty(*Write("cpu", std::move(batch)));
  EXPECT_EQ(PublishedRows({"db", "cpu"}).size(), 1'000u);
}

TEST_F(FlusherTest, AnOldMeasurementIsDueAtItsDeadlineAndNotBefore) {
  const auto cpu = Write("cpu", Row(1));
  clock_.Advance(kAge - seconds(1));
  const auto mem = Write("mem", Row(1));
  clock_.Advance(seconds(1));
  AwaitEmpty(*cpu);
  EXPECT_EQ(mem->usage().row_count, 1u);
  clock_.Advance(kAge);
  AwaitEmpty(*mem);
}

TEST_F(FlusherTest, AFailedFlushKeepsRowsAndIsRepeated) {
  file_system_.FailAfter(0);
  const auto cpu = Write("cpu", Row(1));
  const auto failed = flusher_->FlushAll(kPatience);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kStorageFailed);
  EXPECT_EQ(flusher_->failing_measurement_count(), 1u);
  EXPECT_EQ(cpu->usage().row_count, 1u);
  EXPECT_THAT(FilesOnDisk(), IsEmpty());

  file_system_.FailAfter(-1);
  Write("cpu", Row(2));
  clock_.Advance(FlushQueue::kFirstRetry);
  AwaitEmpty(*cpu);
  AwaitFailures(*flusher_, 0);
  EXPECT_THAT(PublishedRows({"db", "cpu"}), ElementsAre("1 1", "2 1"));
}

TEST_F(FlusherTest, RelievingMemoryFlushesTheLargestFirst) {
  const auto small = Write("small", Row(1));
  ColumnBatch batch;
  batch.times.resize(900);
  batch.SetTimeRange();
  const auto large = Write("large", std::move(batch));
  flusher_->RelieveMemory(large->usage().byte_count);
  AwaitEmpty(*large);
  EXPECT_EQ(small->usage().row_count, 1u);
}

TEST_F(FlusherTest, TheLogIsToldBeforeAndAfterAFlush) {
  Write("cpu", Row(1));
  Write("cpu", Row(2));
  ASSERT_TRUE(flusher_->FlushAll(kPatience).ok());
  EXPECT_EQ(prepared_lsn_, 2u);
  EXPECT_GE(trimmed_count_, 1u);
}

TEST_F(FlusherTest, RowsAreFlushedEvenIfTheLogFails) {
  log_fails_ = true;
  Write("cpu", Row(1));
  ASSERT_TRUE(flusher_->FlushAll(kPatience).ok());
  EXPECT_THAT(PublishedRows({"db", "cpu"}), ElementsAre("1 1"));
}

TEST_F(FlusherTest, AFlushOfADroppedMeasurementIsNoFailure) {
  const auto cpu = Write("cpu", Row(1));
  cpu->SetDropping(true);
  catalog::DropChange drop;
  drop.measurements.push_back({cpu->name(), cpu->id()});
  drop.lsn = Lsn{2};
  ASSERT_TRUE(catalog_->Drop(drop).ok());
  EXPECT_TRUE(flusher_->FlushAll(kPatience).ok());  // the buffers do not know yet
  EXPECT_EQ(flusher_->failing_measurement_count(), 0u);
  cpu->MarkDropped();
  flusher_->Forget(cpu->id());
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(FlusherTest, ManySmallMeasurementsAreFewTransactions) {
  constexpr std::size_t kMeasurements = 200;
  for (std::size_t i = 0; i < kMeasurements; i++) Write("m" + std::to_string(i), Row(1));
  const auto before = catalog_->transaction_count();
  ASSERT_TRUE(flusher_->FlushAll(kPatience).ok());
  EXPECT_EQ(FilesInCatalog().size(), kMeasurements);
  EXPECT_LE(catalog_->transaction_count() - before, 20u);
}

// Rows are published while flushes run: none is lost, none is twice, order of LSNs is kept.
TEST_F(FlusherTest, EveryRowIsFlushedOnceUnderLoad) {
  std::mt19937 random(5);
  std::vector<std::vector<std::string>> written(5);
  for (std::int64_t i = 0; i < 3'000; i++) {
    const auto measurement = random() % written.size();
    Write("m" + std::to_string(measurement), Row(i));
    written[measurement].push_back(std::to_string(i) + " 1");
    if (i % 100 == 0) flusher_->RelieveMemory(1'000);
    if (i % 1'000 == 0) {
      ASSERT_TRUE(flusher_->FlushAll(kPatience).ok());
    }
  }
  ASSERT_TRUE(flusher_->FlushAll(kPatience).ok());
  for (std::size_t m = 0; m < written.size(); m++) {
    std::sort(written[m].begin(), written[m].end());
    EXPECT_EQ(PublishedRows({"db", "m" + std::to_string(m)}), written[m]);
  }
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

}  // namespace
}  // namespace arc::flush
