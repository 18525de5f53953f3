// The write path with memory that runs out, at every allocation that it makes: each request hears
// something, what it hears is true, and nobody sees half of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "data/wal/recovery.h"
#include "data/write/replay.h"
#include "data/write/write_fixture.h"
#include "data/write/writer.h"
#include "foundation/base/metrics.h"
#include "foundation/testing/failing_memory.h"

namespace arc::write {
namespace {

using arc::testing::FaultyFileSystem;
using arc::testing::MemoryFailure;

const MeasurementName kCpu{"db", "cpu"};
const MeasurementName kMem{"db", "mem"};
constexpr std::uint64_t kAllocationsMax = 100'000;  // a test that never ends has failed

// One of two measurements, so that half of it would show.
WriteRecord RecordOfTwo(WritePath& path) {
  WriteRecord record;
  for (const auto& name : {kCpu, kMem}) {
    auto batch = CountedRows(3);
    record.byte_count += MemoryBytes(*batch);
    record.parts.push_back({path.tables().FindOrCreate(name).value(), std::move(batch)});
  }
  return record;
}

// Nothing when the completion was destroyed before it was called: a responder tells its client so.
std::optional<Result<Lsn>> OutcomeOf(WritePath::Outcome& outcome) {
  try {
    return outcome.get();
  } catch (const std::future_error&) {
    return std::nullopt;
  }
}

// Rows that a restart finds.
std::pair<std::size_t, std::size_t> RecoveredRows(FaultyFileSystem& disk, const Clock& clock) {
  buffer::LiveMeasurements tables(MeasurementId{0}, kLsnZero);
  Replay::Options options;
  options.buffered_bytes_max = std::size_t{1} << 30;
  Replay replay(
      std::move(options), tables, clock, [](const auto&) {}, []() -> Result<void> { return {}; });
  const auto recovered =
      wal::Recover(disk, "/wal", kLsnZero,
                   [&](const wal::RecoveredRecord& record) { return replay.Apply(record); });
  EXPECT_TRUE(recovered.ok());
  const auto rows = [&](const MeasurementName& name) {
    const auto live = tables.Find(name.database, name.measurement);
    return live == nullptr ? 0 : live->usage().row_count;
  };
  return {rows(kCpu), rows(kMem)};
}

struct Seen {
  std::uint64_t stored = 0, refused = 0, unknown = 0, untold = 0;
};

// Two writes, the memory failing at allocation `nth` of the sequencer's threads. False when they
// need fewer.
bool WriteWithFailure(std::uint64_t nth, MemoryFailure::Lasts lasts, Seen& seen) {
  FaultyFileSystem disk;
  ManualClock clock;
  bool has_come = false;
  std::optional<Result<Lsn>> outcome;
  {
    WritePath path(disk, clock);
    auto record = RecordOfTwo(path);
    {
      MemoryFailure failure(nth, MemoryFailure::Threads::kOthers, lasts);
      auto begun = path.Begin(std::move(record));
      outcome = OutcomeOf(begun);
      has_come = failure.has_come();
    }
    const auto cpu_rows = path.VisibleRows(kCpu);
    EXPECT_EQ(cpu_rows, path.VisibleRows(kMem)) << "half a request is seen, allocation " << nth;
    auto begun = path.Begin(RecordOfTwo(path));
    const auto next = OutcomeOf(begun);
    EXPECT_TRUE(next.has_value());
    if (!outcome) {
      seen.untold++;
    } else if (outcome->ok()) {
      seen.stored++;
      EXPECT_EQ(cpu_rows, 3u);
    } else if (outcome->error().code == ErrorCode::kUnavailable) {
      seen.unknown++;
      EXPECT_TRUE(path.sequencer().is_broken());
      EXPECT_FALSE(next->ok());
      EXPECT_EQ(cpu_rows, 0u);
    } else {
      seen.refused++;
      EXPECT_EQ(outcome->error().code, ErrorCode::kOverloaded);
      EXPECT_EQ(cpu_rows, 0u);
    }
    EXPECT_EQ(next->ok(), !path.sequencer().is_broken()) << "allocation " << nth;
    EXPECT_EQ(path.sequencer().queued_bytes(), 0u);
    path.sequencer().Close();
    if (!path.sequencer().is_broken()) {
      EXPECT_TRUE(path.log().Close().ok());
    }
  }
  const auto [cpu, mem] = RecoveredRows(disk, clock);
  EXPECT_EQ(cpu, mem) << "half a request is recovered, allocation " << nth;
  if (outcome && outcome->ok()) {
    EXPECT_GE(cpu, 3u);
  }
  return has_come;
}

TEST(MemoryFailureTest, TheSequencerAnswersWhereverItsMemoryRunsOut) {
  Seen seen;
  std::uint64_t nth = 0;
  while (WriteWithFailure(nth, MemoryFailure::Lasts::kOnce, seen) && nth < kAllocationsMax) nth++;
  EXPECT_LT(nth, kAllocationsMax);
  EXPECT_GT(nth, 10u);
  EXPECT_GT(seen.refused, 0u);
  EXPECT_GT(seen.unknown, 0u);
  std::printf("  %llu allocations: %llu stored, %llu refused, %llu unknown, %llu untold\n",
              static_cast<unsigned long long>(nth), static_cast<unsigned long long>(seen.stored),
              static_cast<unsigned long long>(seen.refused),
              static_cast<unsigned long long>(seen.unknown),
              static_cast<unsigned long long>(seen.untold));
}

// Not once but until the end: not even the words of an error can be had.
TEST(MemoryFailureTest, TheSequencerAnswersWithoutAnyMemory) {
  Seen seen;
  std::uint64_t nth = 0;
  while (WriteWithFailure(nth, MemoryFailure::Lasts::kFromThenOn, seen) && nth < kAllocationsMax) {
    nth++;
  }
  EXPECT_LT(nth, kAllocationsMax);
  EXPECT_GT(seen.refused + seen.unknown, 0u);
}

// The memory that a request's own thread needs to bring it to the sequencer. When it runs out, no
// trace may stay.
TEST(MemoryFailureTest, ARequestThatCannotBeAdmittedLeavesNothing) {
  std::uint64_t nth = 0;
  for (bool has_come = true; has_come && nth < kAllocationsMax; nth++) {
    FaultyFileSystem disk;
    ManualClock clock;
    WritePath path(disk, clock);
    Metrics metrics;
    Writer writer({{.columns_max = 100, .measurements_max = 100}, 1 << 30}, path.tables(),
                  path.sequencer(), metrics, {[] {}, nullptr});
    const auto body = [] {
      DecodedBody decoded;
      for (const auto& name : {kCpu, kMem}) {
        auto& measurement = decoded.measurements.emplace_back();
        measurement.measurement = name.measurement;
        measurement.batch = *CountedRows(3);
        measurement.lines = {1, 2, 3};
      }
      return decoded;
    };
    auto first = body();
    std::promise<Result<WriteOutcome>> told;
    bool has_thrown = false;
    {
      MemoryFailure failure(nth, MemoryFailure::Threads::kThis);
      try {
        writer.Write("db", std::move(first),
                     [&](Result<WriteOutcome> outcome) { told.set_value(std::move(outcome)); });
      } catch (const std::bad_alloc&) {
        has_thrown = true;  // the handler's thread answers for it
      }
      has_come = failure.has_come();
    }
    const bool is_stored = !has_thrown && told.get_future().get().ok();
    EXPECT_EQ(path.VisibleRows(kCpu), is_stored ? 3u : 0u) << "allocation " << nth;
    EXPECT_EQ(path.VisibleRows(kMem), is_stored ? 3u : 0u) << "allocation " << nth;
    EXPECT_EQ(path.sequencer().queued_bytes(), 0u);
    std::promise<Result<WriteOutcome>> again;
    writer.Write("db", body(),
                 [&](Result<WriteOutcome> outcome) { again.set_value(std::move(outcome)); });
    EXPECT_TRUE(again.get_future().get().ok()) << "allocation " << nth;
    EXPECT_EQ(path.VisibleRows(kCpu), is_stored ? 6u : 3u) << "allocation " << nth;
  }
  EXPECT_LT(nth, kAllocationsMax);
  EXPECT_GT(nth, 10u);
}

}  // namespace
}  // namespace arc::write
