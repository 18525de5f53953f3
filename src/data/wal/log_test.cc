#include "data/wal/log.h"

#include <gtest/gtest.h>

#include "data/wal/file_names.h"
#include "data/wal/format.h"
#include "data/wal/log_fixture.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::wal {
namespace {

using testing::FaultyFileSystem;

Log::Options SmallSegments(std::uint64_t segment_bytes = 8192) {
  return {.directory = {}, .segment_bytes = segment_bytes};
}

Rows CheckpointRows(const Rows& rows, Lsn last_lsn) {
  Rows kept;
  for (const auto& [lsn, payload] : rows) {
    if (lsn <= ToNumber(last_lsn) && lsn % 2 == 0) kept[lsn] = payload;
  }
  return kept;
}

Result<void> WriteCheckpoint(Log& log, const Rows& rows, Lsn last_lsn) {
  const auto kept = CheckpointRows(rows, last_lsn);
  const Group group(kept);
  return log.WriteCheckpoint(last_lsn, [&](Log::CheckpointSink& sink) -> Result<void> {
    for (const auto& record : group.records()) TRY(sink.Add(record));
    return {};
  });
}

TEST(LogTest, GivesBackWhatWasAppendedOverManySegments) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, SmallSegments());
  Rows all;
  for (std::uint64_t lsn = 1; lsn < 400; lsn += 3) {
    const auto rows = RowsFrom(lsn, lsn + lsn % 3, 500);
    ASSERT_TRUE(log->Append(Group(rows).records()).ok());
    all.insert(rows.begin(), rows.end());
    EXPECT_EQ(log->durable_lsn(), Lsn{rows.rbegin()->first});
  }
  EXPECT_GT(log->segments().size(), 5u);
  disk.Crash(testing::Unsynced::kDropAll);
  disk.Reboot();
  const auto back = MustReadBack(disk);
  EXPECT_EQ(back.rows, all);
  EXPECT_EQ(back.recovered.last_lsn, Lsn{all.rbegin()->first});
  EXPECT_EQ(back.recovered.segments.size(), log->segments().size());
  EXPECT_EQ(back.recovered.quarantined_count, 0u);
  EXPECT_EQ(back.recovered.torn_byte_count, 0u);
}

TEST(LogTest, AGroupLargerThanASegmentHasOneOfItsOwn) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, SmallSegments());
  const Rows large{{1, std::string(100'000, 'x')}};
  const Rows small{{2, "y"}};
  ASSERT_TRUE(log->Append(Group(large).records()).ok());
  ASSERT_TRUE(log->Append(Group(small).records()).ok());
  EXPECT_EQ(log->segments().size(), 2u);
  EXPECT_EQ(MustReadBack(disk).rows.size(), 2u);
}

// The groups are equally long, so an old one begins exactly where the new ones end.
TEST(LogTest, ASegmentThatIsUsedAgainShowsNothingOfItsPast) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, SmallSegments(16'384));
  std::uint64_t lsn = 0;
  while (log->segments().size() < 2) {
    ASSERT_TRUE(log->Append(Group({{++lsn, std::string(2000, 'x')}}).records()).ok());
  }
  EXPECT_TRUE(log->wants_spare());
  ASSERT_TRUE(log->Release(Lsn{lsn}).ok());
  EXPECT_FALSE(log->wants_spare());
  while (log->segments().size() < 2) {
    ASSERT_TRUE(log->Append(Group({{++lsn, std::string(2000, 'y')}}).records()).ok());
  }
  EXPECT_TRUE(log->wants_spare()) << "the spare was used";
  const auto path = kFolder + "/" + SegmentName(log->segments().back().number);
  ASSERT_NE(FileBytes(disk, path).find("xxxxxxxx"), std::string::npos) << "rows of its past";
  const auto back = MustReadBack(disk);
  EXPECT_EQ(back.rows.rbegin()->first, lsn);
  EXPECT_EQ(back.rows.rbegin()->second, std::string(2000, 'y'));
  EXPECT_EQ(back.recovered.quarantined_count, 0u);
  EXPECT_EQ(back.recovered.torn_byte_count, 0u);
}

TEST(LogTest, ReleaseFreesWhatIsBelowAndKeepsTheOpenSegment) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, SmallSegments(5000));
  for (std::uint64_t lsn = 1; lsn <= 5; lsn++) {
    ASSERT_TRUE(log->Append(Group({{lsn, std::string(1000, 'x')}}).records()).ok());
  }
  ASSERT_EQ(log->segments().size(), 5u);
  const auto before = log->total_bytes();
  ASSERT_TRUE(log->Release(Lsn{3}).ok());
  EXPECT_EQ(log->segments().front().first, Lsn{3});
  EXPECT_LT(log->total_bytes(), before);
  ASSERT_TRUE(log->Release(Lsn{100}).ok());
  EXPECT_EQ(log->segments().size(), 1u);
  EXPECT_EQ(MustReadBack(disk).rows.size(), 1u);
}

TEST(LogTest, ACheckpointTakesThePlaceOfSegments) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, SmallSegments(5000));
  const auto all = RowsFrom(1, 20, 900);
  for (const auto& row : all) ASSERT_TRUE(log->Append(Group({row}).records()).ok());
  ASSERT_TRUE(WriteCheckpoint(*log, all, Lsn{10}).ok());
  EXPECT_GT(log->segments().front().last, Lsn{10});
  ASSERT_TRUE(WriteCheckpoint(*log, all, Lsn{14}).ok());
  auto expected = CheckpointRows(all, Lsn{14});
  for (std::uint64_t lsn = 15; lsn <= 20; lsn++) expected[lsn] = all.at(lsn);
  disk.Crash(testing::Unsynced::kDropAll);
  disk.Reboot();
  auto back = MustReadBack(disk);
  EXPECT_EQ(back.rows, expected);
  ASSERT_TRUE(back.recovered.checkpoint.has_value());
  EXPECT_EQ(back.recovered.checkpoint->last_lsn, Lsn{14});

  auto again = OpenLog(disk, std::move(back.recovered));
  ASSERT_TRUE(again->Release(Lsn{15}).ok());
  EXPECT_FALSE(again->checkpoint().has_value());
  ASSERT_TRUE(again->Release(Lsn{21}).ok());
  EXPECT_TRUE(again->segments().empty());
  EXPECT_EQ(again->total_bytes(), 0u);
  EXPECT_TRUE(MustReadBack(disk).rows.empty());
}

TEST(LogTest, DamageInACheckpointIsSetAsideAndTheRestRead) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered);
  const auto all = RowsFrom(1, 8);
  ASSERT_TRUE(log->Append(Group(all).records()).ok());
  ASSERT_TRUE(WriteCheckpoint(*log, all, Lsn{8}).ok());
  const auto path = kFolder + "/" + CheckpointName(Lsn{8});
  const auto good = FileBytes(disk, path);
  for (std::size_t place = 0; place < good.size(); place++) {
    if (place == kFileHeaderBytes) place = kSecondHeaderOffset;
    if (place == kSecondHeaderOffset + kFileHeaderBytes) place = kGroupsOffset;
    auto bytes = good;
    bytes[place] ^= 1;
    ReplaceFile(disk, path, bytes);
    const auto back = MustReadBack(disk);
    ASSERT_GE(back.rows.size(), 3u) << "byte " << place;
    for (const auto& [lsn, payload] : back.rows) ASSERT_EQ(payload, all.at(lsn));
    if (back.rows.size() == 4) continue;
    ASSERT_EQ(back.recovered.quarantined_count, 1u) << "byte " << place;
  }
  ReplaceFile(disk, path, std::string_view(good).substr(0, good.size() - kGroupHeaderBytes));
  EXPECT_EQ(MustReadBack(disk).recovered.quarantined_count, 1u) << "without its end";
}

TEST(LogTest, WithoutSyncsAppendLeavesThemToOthers) {
  FaultyFileSystem disk;
  auto log =
      OpenLog(disk, MustReadBack(disk).recovered, {.directory = {}, .sync_each_group = false});
  ASSERT_TRUE(log->Append(Group({{1, "a"}}).records()).ok());
  EXPECT_EQ(log->durable_lsn(), kLsnZero);
  ASSERT_TRUE(log->SyncTo(Lsn{1}).ok());
  EXPECT_EQ(log->durable_lsn(), Lsn{1});
  const auto syncs = log->sync_count();
  ASSERT_TRUE(log->SyncTo(Lsn{99}).ok());
  EXPECT_EQ(log->sync_count(), syncs) << "there was nothing to sync";
  ASSERT_TRUE(log->Append(Group({{2, "b"}}).records()).ok());
  ASSERT_TRUE(log->Close().ok());
  disk.Crash(testing::Unsynced::kDropAll);
  disk.Reboot();
  EXPECT_EQ(MustReadBack(disk).rows, (Rows{{1, "a"}, {2, "b"}}));
}

TEST(LogTest, AFullLogRefusesUntilSomethingIsReleased) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered,
                     {.directory = {}, .segment_bytes = 8192, .total_bytes_max = 20'000});
  std::uint64_t lsn = 0;
  Result<void> appended;
  while (appended.ok()) {
    appended = log->Append(Group({{++lsn, std::string(1000, 'x')}}).records());
  }
  EXPECT_EQ(appended.error().code, ErrorCode::kOverloaded);
  EXPECT_LE(log->total_bytes(), 20'000u);
  EXPECT_GT(lsn, 5u);
  ASSERT_TRUE(log->Release(Lsn{lsn}).ok());
  EXPECT_TRUE(log->Append(Group({{lsn, "y"}}).records()).ok());
}

}  // namespace
}  // namespace arc::wal
