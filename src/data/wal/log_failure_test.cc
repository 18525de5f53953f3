#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "data/wal/file_names.h"
#include "data/wal/log.h"
#include "data/wal/log_fixture.h"
#include "foundation/testing/faulty_file_system.h"
#include "foundation/testing/manual_clock.h"

namespace arc::wal {
namespace {

using testing::CrashMode;
using testing::FaultyFileSystem;
using testing::Unsynced;

// What a workload heard: stored for sure, not stored for sure, or neither.
struct Heard {
  Rows stored, unknown;
  Lsn released{};
};

Result<void> Checkpoint(Log& log, const Rows& rows, Lsn last_lsn) {
  Rows kept;
  for (const auto& [lsn, payload] : rows) {
    if (lsn <= ToNumber(last_lsn)) kept[lsn] = payload;
  }
  const Group group(kept);
  return log.WriteCheckpoint(last_lsn, [&](Log::CheckpointSink& sink) -> Result<void> {
    for (const auto& record : group.records()) TRY(sink.Add(record));
    return {};
  });
}

// Two starts; appends, rotates, releases, checkpoints, prepares spares. Stops at the first failure.
Result<void> Work(fs::FileSystem& disk, Heard& heard) {
  for (const std::uint64_t start : {1, 30}) {
    auto back = TRY(TryReadBack(disk));
    auto log = OpenLog(disk, std::move(back.recovered), {.directory = {}, .segment_bytes = 6000});
    for (auto lsn = start; lsn < start + 12; lsn += 2) {
      const auto rows = RowsFrom(lsn, lsn + 1, 600);
      heard.unknown = rows;
      TRY(log->Append(Group(rows).records()));
      heard.unknown.clear();
      heard.stored.insert(rows.begin(), rows.end());
      if (lsn == start + 2) TRY(log->PrepareSpare());
      if (lsn == start + 6) TRY(Checkpoint(*log, heard.stored, Lsn{lsn - 2}));
      if (lsn == start + 8) {
        heard.released = Lsn{lsn - 3};
        TRY(log->Release(heard.released));
      }
    }
    TRY(log->Close());
  }
  return {};
}

void ExpectAllThere(const ReadBack& back, const Heard& heard, const std::string& when) {
  for (const auto& [lsn, payload] : heard.stored) {
    const auto found = back.rows.find(lsn);
    if (found == back.rows.end()) {
      ASSERT_LT(Lsn{lsn}, heard.released) << when << ": LSN " << lsn << " is lost";
    } else {
      ASSERT_EQ(found->second, payload) << when;
    }
  }
  for (const auto& [lsn, payload] : back.rows) {
    const bool is_known = heard.stored.contains(lsn) || heard.unknown.contains(lsn);
    ASSERT_TRUE(is_known) << when << ": LSN " << lsn << " was never stored";
  }
  ASSERT_EQ(back.recovered.quarantined_count, 0u) << when;
}

TEST(LogFailureTest, ACrashAnywhereLosesNothingThatWasAcknowledged) {
  FaultyFileSystem whole;
  Heard ignored;
  ASSERT_TRUE(Work(whole, ignored).ok());
  const auto count = whole.operation_count();
  ASSERT_GT(count, 60u);
  for (std::uint64_t number = 1; number <= count; number++) {
    for (const auto mode : {CrashMode::kBefore, CrashMode::kTorn}) {
      for (const auto unsynced :
           {Unsynced::kDropAll, Unsynced::kKeepAll, Unsynced::kRandomSubset}) {
        FaultyFileSystem disk(number);
        disk.CrashAt(number, mode, unsynced);
        Heard heard;
        IgnoreFailure(Work(disk, heard), "the power fails in it");
        const auto when = whole.Describe(number) + " mode " + std::to_string(int(mode)) + " " +
                          std::to_string(int(unsynced));
        disk.Reboot();
        const auto back = TryReadBack(disk);
        ASSERT_TRUE(back.ok()) << when << ": " << LogText(back.error());
        ExpectAllThere(back.value(), heard, when);
        if (HasFatalFailure()) return;
        // What was seen stays, whatever happens next.
        disk.Crash(Unsynced::kDropAll);
        disk.Reboot();
        ASSERT_EQ(MustReadBack(disk).rows, back.value().rows) << when;
      }
    }
  }
}

TEST(LogFailureTest, AFailureAnywhereLosesNothingThatWasAcknowledged) {
  FaultyFileSystem whole;
  Heard ignored;
  ASSERT_TRUE(Work(whole, ignored).ok());
  for (std::uint64_t number = 1; number <= whole.operation_count(); number++) {
    for (const auto code : {ErrorCode::kNoSpace, ErrorCode::kStorageFailed}) {
      FaultyFileSystem disk(number);
      disk.FailAt(number, code);
      Heard heard;
      const auto worked = Work(disk, heard);
      const auto when = whole.Describe(number);
      const bool is_known_lost =
          !worked.ok() && worked.error().message.find("outcome unknown") == std::string::npos;
      if (is_known_lost) heard.unknown.clear();
      disk.Crash(Unsynced::kRandomSubset);
      disk.Reboot();
      const auto back = TryReadBack(disk);
      ASSERT_TRUE(back.ok()) << when << ": " << LogText(back.error());
      ExpectAllThere(back.value(), heard, when);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(LogFailureTest, AFailedSyncIsNeverTriedAgain) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered);
  ASSERT_TRUE(log->Append(Group({{1, "a"}}).records()).ok());
  disk.FailSyncs(".wal");
  const auto failed = log->Append(Group({{2, "b"}}).records());
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(failed.error().message, ::testing::HasSubstr("outcome unknown"));
  disk.Repair();
  const auto operations = disk.operation_count();
  const auto later = log->Append(Group({{3, "c"}}).records());
  ASSERT_FALSE(later.ok());
  EXPECT_EQ(later.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(later.error().message, ::testing::Not(::testing::HasSubstr("outcome unknown")));
  EXPECT_FALSE(log->SyncTo(Lsn{2}).ok());
  EXPECT_TRUE(log->SyncTo(Lsn{1}).ok()) << "it was durable before";
  EXPECT_FALSE(log->Close().ok());
  EXPECT_EQ(disk.operation_count(), operations) << "the disk is not touched any more";
  EXPECT_TRUE(log->failure().has_value());
  EXPECT_EQ(log->durable_lsn(), Lsn{1});
}

TEST(LogFailureTest, AFullDiskRefusesAndGoesOnWhenThereIsRoom) {
  FaultyFileSystem disk;
  testing::ManualClock clock;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, {.directory = {}, .clock = &clock});
  ASSERT_TRUE(log->Append(Group({{1, "a"}}).records()).ok());
  disk.SetCapacity(log->total_bytes() + 300);
  const auto refused = log->Append(Group({{2, std::string(1000, 'b')}}).records());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kNoSpace);
  disk.SetCapacity(1 << 30);
  const auto too_soon = log->Append(Group({{3, "c"}}).records());
  ASSERT_FALSE(too_soon.ok());
  EXPECT_EQ(too_soon.error().code, ErrorCode::kNoSpace);
  clock.Advance(std::chrono::seconds(2));
  ASSERT_TRUE(log->Append(Group({{4, "d"}}).records()).ok());
  EXPECT_EQ(log->segments().size(), 2u);
  disk.Crash(Unsynced::kDropAll);
  disk.Reboot();
  const auto back = MustReadBack(disk);
  EXPECT_EQ(back.rows, (Rows{{1, "a"}, {4, "d"}}));
  EXPECT_EQ(back.recovered.quarantined_count, 0u);
}

TEST(LogFailureTest, ASpareIsRoomOnAFullDisk) {
  FaultyFileSystem disk;
  testing::ManualClock clock;
  auto log = OpenLog(disk, MustReadBack(disk).recovered,
                     {.directory = {}, .segment_bytes = 8192, .clock = &clock});
  ASSERT_TRUE(log->PrepareSpare().ok());
  disk.SetCapacity(8192);
  ASSERT_TRUE(log->Append(Group({{1, std::string(3000, 'a')}}).records()).ok());
  EXPECT_FALSE(log->Append(Group({{2, std::string(3000, 'b')}}).records()).ok());
  EXPECT_EQ(MustReadBack(disk).rows.size(), 1u);
}

}  // namespace
}  // namespace arc::wal
