// Flushes with memory that runs out, at every allocation of their threads: no row is lost, none is
// there twice, and the next flush succeeds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/files/storage_test_base.h"
#include "data/flush/flusher.h"
#include "foundation/base/log.h"
#include "foundation/testing/batch_builder.h"
#include "foundation/testing/failing_memory.h"

namespace arc::flush {
namespace {

using arc::testing::BatchBuilder;
using arc::testing::MemoryFailure;
using std::chrono::seconds;

constexpr seconds kPatience{60};
constexpr std::uint64_t kAllocationsMax = 100'000;  // a flush that needs more has failed

class FlushMemoryFailureTest : public files::StorageTestBase {
 protected:
  FlushMemoryFailureTest() {
    EXPECT_TRUE(SetUpLogging("panic", LogFormat::kConsole).ok());
    Flusher::Options options;
    options.policy = {/*rows_max=*/1'000, /*measurement_bytes_max=*/1 << 30, seconds(100)};
    options.worker_count = 1;
    // The queue looks again a second after memory ran out: this test waits for that.
    flusher_ = std::make_unique<Flusher>(options, *stager_, *publisher_, tables_, Clock::System(),
                                         metrics_);
  }
  ~FlushMemoryFailureTest() override {
    flusher_->Close();
    IgnoreFailure(SetUpLogging("info", LogFormat::kConsole), "it is a known level");
  }

  // A row of each of two measurements, as one request.
  void Write(std::int64_t time) {
    const auto lsn = Next(tables_.visible_lsn());
    for (const char* name : {"cpu", "mem"}) {
      auto live = tables_.FindOrCreate({"db", name}).value();
      live->Publish(lsn,
                    std::make_shared<const ColumnBatch>(
                        BatchBuilder().Time({time}).Tag("host", {"a"}).Double("v", {1}).Build()),
                    Clock::System().NowSteady());
      flusher_->OnPublished(live);
    }
    tables_.AdvanceVisible(lsn);
  }
  // In files and in memory together.
  std::size_t RowsOf(const char* name) {
    std::size_t rows = tables_.Find("db", name)->usage().row_count;
    if (const auto state = catalog_->snapshot()->FindMeasurement({"db", name})) {
      rows += state->files.row_count();
    }
    return rows;
  }

  std::unique_ptr<Flusher> flusher_;
};

TEST_F(FlushMemoryFailureTest, NoRowIsLostAndNoneIsTwice) {
  std::uint64_t nth = 0;
  std::size_t failed_count = 0;
  std::int64_t written = 0;
  // All of the first, then every 17th: each would take minutes.
  for (bool has_come = true; has_come && nth < kAllocationsMax; nth += nth < 100 ? 1 : 17) {
    Write(written++);
    Result<void> flushed;
    {
      MemoryFailure failure(nth, MemoryFailure::Threads::kOthers);
      flushed = flusher_->FlushAll(kPatience);
      has_come = failure.has_come();
    }
    if (!flushed.ok()) failed_count++;
    const auto rows = static_cast<std::size_t>(written);
    ASSERT_EQ(RowsOf("cpu"), rows) << "allocation " << nth;
    ASSERT_EQ(RowsOf("mem"), rows) << "allocation " << nth;
    const auto again = flusher_->FlushAll(kPatience);
    ASSERT_TRUE(again.ok()) << "allocation " << nth << ": " << LogText(again.error());
    ASSERT_EQ(tables_.Find("db", "cpu")->usage().row_count, 0u) << "allocation " << nth;
  }
  EXPECT_LT(nth, kAllocationsMax);
  EXPECT_GT(failed_count, 50u);
  EXPECT_EQ(flusher_->failing_measurement_count(), 0u);
  std::printf("  %llu allocations, %zu flushes failed\n", static_cast<unsigned long long>(nth),
              failed_count);
  EXPECT_EQ(PublishedRows({"db", "cpu"}).size(), static_cast<std::size_t>(written));
  EXPECT_EQ(FilesOnDisk(), FilesInCatalog());
}

}  // namespace
}  // namespace arc::flush
