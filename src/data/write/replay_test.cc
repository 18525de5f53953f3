#include "data/write/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/write/write_fixture.h"

namespace arc::write {
namespace {

using ::testing::ElementsAre;

const MeasurementName kCpu{"db", "cpu"};
const MeasurementName kMem{"db", "mem"};
constexpr MeasurementId kCpuId{1};
constexpr MeasurementId kMemId{2};

class ReplayTest : public ::testing::Test {
 protected:
  // Where cpu is flushed up to LSN 10, and the catalog knows nothing of mem.
  ReplayTest() { tables_.Restore(kCpuId, kCpu, std::make_shared<const RowSchema>(), Lsn{10}); }

  Replay& replay() {
    if (!replay_) {
      replay_.emplace(
          options_, tables_, Clock::System(),
          [this](const auto& live) { published_.push_back(live->id()); },
          [this]() -> Result<void> {
            room_made_++;
            if (!has_room_) return Error{ErrorCode::kNoSpace, "no room"};
            return {};
          });
    }
    return *replay_;
  }
  Result<void> Apply(std::uint64_t lsn, const std::string& payload) {
    return replay().Apply({Lsn{lsn}, wal::RecordType::kRows, payload});
  }
  static std::string RowsOf(MeasurementId id, const MeasurementName& name, std::size_t count,
                            const RequestEnds* ends = nullptr) {
    const auto batch = CountedRows(count);
    return PayloadOf({{id, &name, batch.get(), ends}});
  }
  // Times of the rows that a query would see.
  std::vector<std::int64_t> Times(const MeasurementName& name, Lsn flushed = kLsnZero) {
    std::vector<std::int64_t> times;
    const auto live = tables_.Find(name.database, name.measurement);
    if (live == nullptr) return times;
    const auto view = live->Read(flushed, tables_.visible_lsn());
    for (const auto& slice : view->slices) {
      for (auto i = slice.row_begin; i < slice.row_end; i++) times.push_back(slice.batch->times[i]);
    }
    return times;
  }

  Replay::Options options_{.buffered_bytes_max = 1 << 20, .dropped = {}};
  buffer::LiveMeasurements tables_{MeasurementId{1}, Lsn{10}};
  std::vector<MeasurementId> published_;
  int room_made_ = 0;
  bool has_room_ = true;
  std::optional<Replay> replay_;
};

TEST_F(ReplayTest, PutsBackTheRowsOfARequestUnderTheirIds) {
  const auto one = CountedRows(1), two = CountedRows(2, 5);
  ASSERT_TRUE(Apply(11, PayloadOf({{kCpuId, &kCpu, one.get(), nullptr},
                                   {kMemId, &kMem, two.get(), nullptr}}))
                  .ok());
  EXPECT_THAT(Times(kCpu, Lsn{10}), ElementsAre(1));
  EXPECT_THAT(Times(kMem), ElementsAre(5, 6));
  EXPECT_EQ(tables_.Find("db", "mem")->id(), kMemId);
  EXPECT_EQ(tables_.Find("db", "mem")->first_lsn(), Lsn{11});
  EXPECT_EQ(tables_.Find("db", "mem")->registered_schema()->columns().size(), 1u);
  EXPECT_EQ(tables_.visible_lsn(), Lsn{11});
  EXPECT_THAT(published_, ElementsAre(kCpuId, kMemId));
  EXPECT_EQ(replay().row_count(), 3u);
  EXPECT_EQ(room_made_, 0);
}

TEST_F(ReplayTest, LeavesOutWhatIsInFiles) {
  ASSERT_TRUE(Apply(9, RowsOf(kCpuId, kCpu, 4)).ok());
  ASSERT_TRUE(Apply(10, RowsOf(kCpuId, kCpu, 4)).ok());
  EXPECT_EQ(replay().row_count(), 0u);
  ASSERT_TRUE(Apply(11, RowsOf(kCpuId, kCpu, 2)).ok());
  EXPECT_THAT(Times(kCpu, Lsn{10}), ElementsAre(1, 2));
  EXPECT_EQ(replay().row_count(), 2u);
}

TEST_F(ReplayTest, LeavesOutTheFlushedPartOfRowsThatACheckpointTookTogether) {
  const RequestEnds ends{{Lsn{8}, 2}, {Lsn{10}, 3}, {Lsn{12}, 4}, {Lsn{15}, 6}};
  ASSERT_TRUE(Apply(15, RowsOf(kCpuId, kCpu, 6, &ends)).ok());
  EXPECT_THAT(Times(kCpu, Lsn{10}), ElementsAre(4, 5, 6));
  EXPECT_EQ(replay().row_count(), 3u);
  EXPECT_EQ(tables_.oldest_unflushed_lsn(), Lsn{12});
  EXPECT_EQ(RowsIn(*tables_.Find("db", "cpu"), Lsn{12}, Lsn{15}), 2u) << "LSNs stay with the rows";
}

TEST_F(ReplayTest, LeavesOutWhatWasDroppedAndNotWhatHasItsName) {
  options_.dropped = {kMemId};
  const auto rows = CountedRows(2);
  ASSERT_TRUE(Apply(11, PayloadOf({{kMemId, &kMem, rows.get(), nullptr},
                                   {kCpuId, &kCpu, rows.get(), nullptr}}))
                  .ok());
  EXPECT_EQ(tables_.Find("db", "mem"), nullptr);
  EXPECT_THAT(Times(kCpu, Lsn{10}), ElementsAre(1, 2));
  ASSERT_TRUE(Apply(12, RowsOf(MeasurementId{3}, kMem, 1)).ok());
  ASSERT_TRUE(Apply(13, RowsOf(kMemId, kMem, 5)).ok());
  EXPECT_THAT(Times(kMem), ElementsAre(1));
  EXPECT_EQ(tables_.Find("db", "mem")->id(), MeasurementId{3});
}

TEST_F(ReplayTest, ARecordThatCannotBeReadChangesNothing) {
  auto cut = RowsOf(kMemId, kMem, 3);
  cut.pop_back();
  for (const auto& payload : {cut, std::string("no rows"), std::string()}) {
    const auto applied = Apply(11, payload);
    ASSERT_FALSE(applied.ok());
    EXPECT_EQ(applied.error().code, ErrorCode::kCorruptData);
  }
  EXPECT_EQ(tables_.Find("db", "mem"), nullptr);
  EXPECT_EQ(tables_.visible_lsn(), Lsn{10});
  EXPECT_THAT(published_, ElementsAre());
}

// The second part does not fit; the first must not appear alone.
TEST_F(ReplayTest, ARecordThatContradictsTheCatalogPublishesNoneOfItsParts) {
  const auto rows = CountedRows(1);
  const auto wrong_id = PayloadOf(
      {{kMemId, &kMem, rows.get(), nullptr}, {MeasurementId{9}, &kCpu, rows.get(), nullptr}});
  EXPECT_EQ(Apply(11, wrong_id).error().code, ErrorCode::kCorruptData);

  ASSERT_TRUE(Apply(12, RowsOf(kCpuId, kCpu, 1)).ok());
  const auto text = arc::testing::BatchBuilder().Time({1}).String("v", {"x"}).Build();
  const auto wrong_type =
      PayloadOf({{kMemId, &kMem, rows.get(), nullptr}, {kCpuId, &kCpu, &text, nullptr}});
  EXPECT_EQ(Apply(13, wrong_type).error().code, ErrorCode::kCorruptData);
  EXPECT_THAT(Times(kMem), ElementsAre());
  EXPECT_THAT(Times(kCpu, Lsn{10}), ElementsAre(1));
  EXPECT_EQ(tables_.visible_lsn(), Lsn{12});
}

TEST_F(ReplayTest, ALogLargerThanMemoryAsksForRoomAndStopsWhenThereIsNone) {
  options_.buffered_bytes_max = 10'000;
  ASSERT_TRUE(Apply(11, RowsOf(kCpuId, kCpu, 100)).ok());
  EXPECT_EQ(room_made_, 0);
  ASSERT_TRUE(Apply(12, RowsOf(kCpuId, kCpu, 1'000)).ok());
  EXPECT_EQ(room_made_, 1);
  EXPECT_EQ(tables_.visible_lsn(), Lsn{12}) << "so that all of it can be flushed";
  has_room_ = false;
  EXPECT_EQ(Apply(13, RowsOf(kCpuId, kCpu, 1)).error().code, ErrorCode::kNoSpace);
}

}  // namespace
}  // namespace arc::write
