#include "data/wal/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "data/wal/dump.h"
#include "data/wal/file_names.h"
#include "data/wal/format.h"
#include "data/wal/log_fixture.h"
#include "data/wal/log_survey.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::wal {
namespace {

using testing::FaultyFileSystem;

struct Written {
  std::string bytes;                                   // of the one segment
  std::vector<std::pair<std::uint64_t, Rows>> groups;  // where each ends, and what it holds
  Rows all;
};

enum class Ending { kCrash, kClose };

// Groups of 1, 2, 3 and 1 records in one segment.
Written WriteSegment(Ending ending) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered);
  Written written;
  std::uint64_t lsn = 10;
  for (const std::uint64_t count : {1, 2, 3, 1}) {
    const auto rows = RowsFrom(lsn, lsn + count - 1);
    lsn += count + 5;
    CHECK(log->Append(Group(rows).records()).ok(), "append");
    written.groups.emplace_back(log->segments().back().byte_count, rows);
    written.all.insert(rows.begin(), rows.end());
  }
  if (ending == Ending::kClose) CHECK(log->Close().ok(), "close");
  written.bytes = FileBytes(disk, kFolder + "/" + SegmentName(1));
  return written;
}

TEST(RecoveryTest, AnEmptyFolderHoldsNothing) {
  FaultyFileSystem disk;
  const auto back = MustReadBack(disk);
  EXPECT_TRUE(back.rows.empty());
  EXPECT_EQ(back.recovered.greatest_lsn, kLsnZero);
}

// The torn tail may be the only sign that what lies before it was durable.
TEST(RecoveryTest, CorruptionBeforeATornTailIsFoundAgainByTheNextRecovery) {
  const auto written = WriteSegment(Ending::kCrash);
  auto bytes = written.bytes.substr(0, written.groups[3].first - 1);
  const auto third_group = written.groups[1].first;
  bytes[third_group + kGroupHeaderBytes + kRecordHeaderBytes] ^= 0x55;
  FaultyFileSystem disk;
  MustReadBack(disk);
  ReplaceFile(disk, kFolder + "/" + SegmentName(1), bytes);
  const auto first = MustReadBack(disk);
  EXPECT_EQ(first.recovered.quarantined_count, 1u);
  EXPECT_EQ(first.rows.size(), 5u);  // but for the first of the third group, and the fourth
  const auto second = MustReadBack(disk);
  EXPECT_EQ(second.rows, first.rows);
  EXPECT_EQ(second.recovered.last_lsn, first.recovered.last_lsn);
  // Another segment says where this one ends.
  auto log = OpenLog(disk, second.recovered);
  const auto rows = RowsFrom(ToNumber(second.recovered.greatest_lsn) + 1,
                             ToNumber(second.recovered.greatest_lsn) + 2);
  ASSERT_TRUE(log->Append(Group(rows).records()).ok());
  ASSERT_TRUE(log->Close().ok());
  auto expected = first.rows;
  expected.insert(rows.begin(), rows.end());
  EXPECT_EQ(MustReadBack(disk).rows, expected);
}

TEST(RecoveryTest, ASegmentCutAnywhereHasItsWholeGroups) {
  const auto written = WriteSegment(Ending::kCrash);
  for (std::size_t length = 0; length <= written.bytes.size(); length++) {
    FaultyFileSystem disk;
    MustReadBack(disk);
    ReplaceFile(disk, kFolder + "/" + SegmentName(1), written.bytes.substr(0, length));
    Rows expected;
    for (const auto& [end, rows] : written.groups) {
      if (end <= length) expected.insert(rows.begin(), rows.end());
    }
    const auto back = MustReadBack(disk);
    ASSERT_EQ(back.rows, expected) << "cut at " << length;
    ASSERT_EQ(back.recovered.quarantined_count, 0u) << "cut at " << length;
    ASSERT_EQ(MustReadBack(disk).rows, expected) << "cut at " << length << ", read again";
  }
}

// Behind damage in one byte, everything else is there: of a segment that was closed, because it
// says what was durable; of another, up to the last group.
void FlipEveryByte(Ending ending) {
  const auto written = WriteSegment(ending);
  for (std::size_t place = 0; place < written.bytes.size(); place++) {
    if (place >= 2 * kFileHeaderBytes && place < kSecondHeaderOffset) continue;  // zeros
    auto bytes = written.bytes;
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << (place % 8)));
    FaultyFileSystem disk;
    MustReadBack(disk);
    ReplaceFile(disk, kFolder + "/" + SegmentName(1), bytes);
    const auto back = MustReadBack(disk);
    auto missing = written.all;
    for (const auto& [lsn, payload] : back.rows) {
      ASSERT_EQ(payload, written.all.at(lsn)) << "byte " << place;
      missing.erase(lsn);
    }
    ASSERT_LE(missing.size(), 1u) << "byte " << place;
    const bool is_in_last = place >= written.groups[2].first && place < written.groups[3].first;
    if (missing.empty() || (ending == Ending::kCrash && is_in_last)) continue;
    ASSERT_EQ(back.recovered.quarantined_count, 1u) << "byte " << place;
    const auto saved = disk.List(kFolder + "/quarantine").TakeValue();
    ASSERT_EQ(saved.size(), 1u);
    const auto again = MustReadBack(disk);
    ASSERT_EQ(again.rows, back.rows);
  }
}

TEST(RecoveryTest, OneDamagedByteCostsAtMostOneRecordAfterACrash) { FlipEveryByte(Ending::kCrash); }
TEST(RecoveryTest, OneDamagedByteCostsAtMostOneRecordAfterACleanStop) {
  FlipEveryByte(Ending::kClose);
}

TEST(RecoveryTest, DamageToTheLastGroupIsKnownAfterACleanStopOrWhenTheCallerKnows) {
  for (const auto ending : {Ending::kCrash, Ending::kClose}) {
    for (const bool is_known : {false, true}) {
      const auto written = WriteSegment(ending);
      auto bytes = written.bytes;
      bytes[written.groups[2].first + kGroupHeaderBytes + 3] ^= 1;
      FaultyFileSystem disk;
      MustReadBack(disk);
      ReplaceFile(disk, kFolder + "/" + SegmentName(1), bytes);
      const auto last = Lsn{written.all.rbegin()->first};
      const auto back = MustReadBack(disk, is_known ? last : kLsnZero);
      const bool is_found = is_known || ending == Ending::kClose;
      EXPECT_EQ(back.recovered.quarantined_count, is_found ? 1u : 0u);
      EXPECT_EQ(back.recovered.torn_byte_count > 0, !is_found);
      EXPECT_EQ(back.rows.size(), written.all.size() - 1);
      EXPECT_EQ(back.recovered.greatest_lsn, last);
    }
  }
}

TEST(RecoveryTest, ARecordThatCannotBeDecodedIsSetAside) {
  const auto written = WriteSegment(Ending::kClose);
  FaultyFileSystem disk;
  MustReadBack(disk);
  ReplaceFile(disk, kFolder + "/" + SegmentName(1), written.bytes);
  const auto refused = std::next(written.all.begin(), 2)->first;
  Rows rows;
  const auto recovered =
      Recover(disk, kFolder, {}, [&](const RecoveredRecord& record) -> Result<void> {
        if (ToNumber(record.lsn) == refused) return Error{ErrorCode::kCorruptData, "no rows"};
        rows[ToNumber(record.lsn)] = record.payload;
        return {};
      });
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered.value().quarantined_count, 1u);
  auto expected = written.all;
  expected.erase(refused);
  EXPECT_EQ(rows, expected);
  const auto saved = disk.List(kFolder + "/quarantine").TakeValue();
  ASSERT_EQ(saved.size(), 1u);
  EXPECT_THAT(FileBytes(disk, kFolder + "/quarantine/" + saved[0].name),
              ::testing::HasSubstr(written.all.at(refused)));
}

TEST(RecoveryTest, AnotherFailureEndsIt) {
  const auto written = WriteSegment(Ending::kClose);
  FaultyFileSystem disk;
  MustReadBack(disk);
  ReplaceFile(disk, kFolder + "/" + SegmentName(1), written.bytes);
  const auto recovered = Recover(disk, kFolder, {}, [](const RecoveredRecord&) -> Result<void> {
    return Error{ErrorCode::kNoSpace, "no memory"};
  });
  ASSERT_FALSE(recovered.ok());
  EXPECT_EQ(recovered.error().code, ErrorCode::kNoSpace);
}

TEST(RecoveryTest, ALostSegmentIsReported) {
  FaultyFileSystem disk;
  auto log = OpenLog(disk, MustReadBack(disk).recovered, {.directory = {}, .segment_bytes = 5000});
  for (std::uint64_t lsn = 1; lsn <= 3; lsn++) {
    ASSERT_TRUE(log->Append(Group({{lsn, std::string(2000, 'x')}}).records()).ok());
  }
  ASSERT_EQ(log->segments().size(), 3u);
  ASSERT_TRUE(disk.Remove(kFolder + "/" + SegmentName(2)).ok());
  const auto back = MustReadBack(disk);
  EXPECT_EQ(back.rows.size(), 2u);
  EXPECT_EQ(back.recovered.quarantined_count, 1u);
}

// One record a segment, LSNs 10, 20, ... 50; each of what the folder can lose.
class MissingRecordsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Log::Options options;
    options.segment_bytes = 8000;
    options.note_extent = [this](const LogExtent& extent) { expected_.Raise(extent); };
    options.record_extent = [this](const LogExtent& extent) -> Result<void> {
      expected_.Raise(extent);
      return {};
    };
    log_ = OpenLog(disk_, MustReadBack(disk_).recovered, std::move(options));
    for (std::uint64_t lsn = 10; lsn <= 50; lsn += 10) {
      CHECK(log_->Append(Group({{lsn, std::string(3000, 'x')}}).records()).ok(), "append");
    }
    CHECK(log_->segments().size() == 5, "segments");
  }
  void RemoveSegment(std::uint64_t number) {
    CHECK(disk_.Remove(kFolder + "/" + SegmentName(number)).ok(), "remove");
  }
  // As a recovery tells it, and one who only looks.
  std::vector<MissingRecords> Missing() {
    const auto before = disk_.List(kFolder).TakeValue().size();
    const auto surveyed = SurveyLog(disk_, kFolder, expected_).TakeValue();
    EXPECT_EQ(disk_.List(kFolder).TakeValue().size(), before);
    const auto missing = FindMissing(MustReadBack(disk_, expected_.durable).recovered, expected_);
    EXPECT_EQ(surveyed, missing);
    return missing;
  }
  static std::vector<MissingRecords> From(std::uint64_t from, std::uint64_t last_lsn) {
    return {{Lsn{from}, Lsn{last_lsn}}};
  }

  FaultyFileSystem disk_;
  LogExtent expected_;
  std::unique_ptr<Log> log_;
};

TEST_F(MissingRecordsTest, NothingIsMissingFromAWholeLog) {
  EXPECT_EQ(Missing(), std::vector<MissingRecords>());
  EXPECT_EQ(expected_.last_segment, 5u);
  EXPECT_EQ(expected_.durable, Lsn{50});
}

TEST_F(MissingRecordsTest, TheFirstSegment) {
  RemoveSegment(1);
  EXPECT_EQ(Missing(), From(1, 10));
}

TEST_F(MissingRecordsTest, TheFirstSegmentThatWasNotReleased) {
  ASSERT_TRUE(log_->Release(Lsn{25}).ok());
  EXPECT_EQ(Missing(), std::vector<MissingRecords>());
  RemoveSegment(3);
  EXPECT_EQ(Missing(), From(25, 30));
}

TEST_F(MissingRecordsTest, TheLastSegment) {
  RemoveSegment(5);
  EXPECT_EQ(Missing(), From(41, 50));
}

TEST_F(MissingRecordsTest, TheLastSegmentEmptied) {
  ReplaceFile(disk_, kFolder + "/" + SegmentName(5), "");
  EXPECT_EQ(Missing(), From(41, 50));
}

TEST_F(MissingRecordsTest, TheEndOfTheLastSegment) {
  const auto path = kFolder + "/" + SegmentName(5);
  const auto before = FileBytes(disk_, path);
  ASSERT_TRUE(log_->Append(Group({{60, "a"}}).records()).ok());
  ReplaceFile(disk_, path, before);
  EXPECT_EQ(Missing(), From(51, 60));
}

// A recovery sets it aside as damage.
TEST_F(MissingRecordsTest, ASegmentBetweenTwoIsToldByWhoOnlyLooks) {
  RemoveSegment(3);
  EXPECT_EQ(SurveyLog(disk_, kFolder, expected_).TakeValue(), From(21, 30));
  RemoveSegment(1);
  EXPECT_EQ(SurveyLog(disk_, kFolder, expected_).TakeValue(),
            (std::vector<MissingRecords>{{Lsn{1}, Lsn{10}}, {Lsn{21}, Lsn{30}}}));
  RemoveSegment(5);
  EXPECT_EQ(SurveyLog(disk_, kFolder, std::nullopt).TakeValue(), From(21, 30))
      << "nobody knows of the others";
}

TEST_F(MissingRecordsTest, AFolderThatIsGoneIsALogWithoutRecords) {
  EXPECT_EQ(SurveyLog(disk_, "/elsewhere", expected_).TakeValue(), From(1, 50));
  EXPECT_EQ(SurveyLog(disk_, "/elsewhere", LogExtent{}).TakeValue(), std::vector<MissingRecords>());
  EXPECT_EQ(SurveyLog(disk_, "/elsewhere", std::nullopt).TakeValue(),
            std::vector<MissingRecords>());
}

TEST_F(MissingRecordsTest, AllOfIt) {
  for (std::uint64_t number = 1; number <= 5; number++) RemoveSegment(number);
  EXPECT_EQ(Missing(), From(1, 50));
}

TEST_F(MissingRecordsTest, NothingThatIsInFiles) {
  ASSERT_TRUE(log_->Release(Lsn{51}).ok());
  EXPECT_EQ(log_->segments().size(), 1u) << "the open one stays";
  RemoveSegment(5);
  EXPECT_EQ(Missing(), std::vector<MissingRecords>());
}

TEST_F(MissingRecordsTest, ACheckpointAndWhatItHadTakenOver) {
  ASSERT_TRUE(log_->WriteCheckpoint(Lsn{30},
                                    [](Log::CheckpointSink& sink) {
                                      return sink.Add(Group({{30, "row"}}).records().front());
                                    })
                  .ok());
  EXPECT_EQ(Missing(), std::vector<MissingRecords>());
  ASSERT_TRUE(disk_.Remove(kFolder + "/" + CheckpointName(Lsn{30})).ok());
  EXPECT_EQ(Missing(), From(1, 30));
}

TEST_F(MissingRecordsTest, NeededFilesAreThoseThatAreThere) {
  EXPECT_EQ(log_->NeededFiles().size(), 5u);
  ASSERT_TRUE(log_->Release(Lsn{25}).ok());
  EXPECT_EQ(log_->NeededFiles(),
            (std::vector<std::string>{SegmentName(3), SegmentName(4), SegmentName(5)}));
}

TEST_F(MissingRecordsTest, AWriteIntoASegmentThatWasRemovedFails) {
  RemoveSegment(5);
  const auto appended = log_->Append(Group({{60, "a"}}).records());
  ASSERT_FALSE(appended.ok());
  EXPECT_EQ(appended.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(log_->failure());
}

// What is freed must be known as freed before it is: or a crash in between would look like a loss.
TEST_F(MissingRecordsTest, NothingIsFreedWhenThatCannotBeRemembered) {
  FaultyFileSystem disk;
  Log::Options options;
  options.segment_bytes = 5000;
  options.record_extent = [](const LogExtent&) -> Result<void> {
    return Error{ErrorCode::kStorageFailed, "the disk refuses"};
  };
  const auto log = OpenLog(disk, MustReadBack(disk).recovered, std::move(options));
  for (std::uint64_t lsn = 1; lsn <= 3; lsn++) {
    ASSERT_TRUE(log->Append(Group({{lsn, std::string(2000, 'x')}}).records()).ok());
  }
  EXPECT_FALSE(log->Release(Lsn{3}).ok());
  EXPECT_EQ(log->segments().size(), 3u);
  EXPECT_EQ(MustReadBack(disk).rows.size(), 3u);
}

TEST(RecoveryTest, ANewerFormatIsRefused) {
  FaultyFileSystem disk;
  MustReadBack(disk);
  auto start = EncodeFileStart({.number = 1, .mark = DrawMark()});
  start[8] = 2;
  const auto checksum = Crc32c(0, std::string_view(start).substr(0, 60));
  std::memcpy(start.data() + 60, &checksum, sizeof checksum);
  ReplaceFile(disk, kFolder + "/" + SegmentName(1), start);
  EXPECT_FALSE(TryReadBack(disk).ok());
}

TEST(DumpTest, ShowsEveryRecordAndWhatIsDamaged) {
  auto written = WriteSegment(Ending::kClose);
  written.bytes[kGroupsOffset + 20] ^= 1;
  FaultyFileSystem disk;
  MustReadBack(disk);
  ReplaceFile(disk, kFolder + "/" + SegmentName(1), written.bytes);
  std::string text;
  std::size_t payload_count = 0;
  const DumpSink sink = [&](std::string_view line) { text += std::string(line) + "\n"; };
  ASSERT_TRUE(Dump(disk, kFolder, sink, [&](const RecoveredRecord&, const DumpSink&) {
                payload_count++;
              }).ok());
  EXPECT_EQ(payload_count, written.all.size());
  EXPECT_THAT(text, ::testing::HasSubstr("4096: NOT SOUND"));
  EXPECT_THAT(text, ::testing::HasSubstr("closing group"));
}

}  // namespace
}  // namespace arc::wal
