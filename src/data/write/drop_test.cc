#include "data/write/drop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "data/wal/recovery.h"
#include "data/write/replay.h"
#include "data/write/write_fixture.h"

namespace arc::write {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const MeasurementName kCpu{"db", "cpu"};
const MeasurementName kMem{"db", "mem"};
const MeasurementName kElsewhere{"other", "cpu"};

class DropTest : public ::testing::Test {
 protected:
  DropTest() : path_(std::make_unique<WritePath>(disk_, clock_)) {
    catalog::Catalog::Options options;
    options.path = "/catalog.db";
    catalog_ = catalog::Catalog::Open(options, disk_, clock_).TakeValue();
  }
  ~DropTest() override {
    path_->sequencer().Close();
    IgnoreFailure(catalog_->Close(), "some tests break the disk");
  }

  Dropper MakeDropper(std::chrono::milliseconds timeout = Dropper::kBarrierTimeout) {
    return {*catalog_, path_->tables(), path_->sequencer(),
            [this](MeasurementId id) { forgotten_.push_back(id); }, timeout};
  }
  Result<catalog::DropCounts> Drop(const MeasurementName& name) {
    return MakeDropper().DropMeasurement(name);
  }
  void Write(const MeasurementName& name, std::size_t row_count) {
    const auto written = path_->Write(name, row_count);
    ASSERT_TRUE(written.ok()) << LogText(written.error());
  }
  // What a flush leaves in memory and in the catalog: one file, of that path.
  void Flush(const MeasurementName& name, const std::string& path) {
    const auto live = Live(name);
    const auto prefix = live->PeekPrefix(path_->tables().visible_lsn());
    ASSERT_TRUE(prefix);
    catalog::FileEntry file;
    file.path = path;
    file.row_count = prefix->row_count;
    file.byte_count = 100;
    file.max_lsn = prefix->flushed_to;
    catalog::MeasurementChange change;
    change.id = live->id();
    change.name = name;
    change.schema = prefix->schema;
    change.added_files = {file};
    change.flushed = {prefix->flushed_from, prefix->flushed_to};
    ASSERT_TRUE(catalog_->CommitAndWait({{std::move(change)}}).ok());
    live->TrimFlushed(prefix->flushed_to);
  }
  std::shared_ptr<buffer::LiveMeasurement> Live(const MeasurementName& name) {
    return path_->tables().Find(name.database, name.measurement);
  }
  bool IsInCatalog(const MeasurementName& name) {
    return catalog_->snapshot()->FindMeasurement(name) != nullptr;
  }
  // The buffered rows after a crash and a new start, by what the log and the tombstones say.
  std::size_t RowsAfterARestart(const MeasurementName& name) {
    path_->sequencer().Close();
    EXPECT_TRUE(path_->log().Close().ok());
    Replay::Options options{.buffered_bytes_max = 1 << 30, .dropped = {}};
    for (const auto& [id, lsn] : *catalog_->tombstones()) options.dropped.insert(id);
    buffer::LiveMeasurements tables(catalog_->greatest_measurement_id(), catalog_->greatest_lsn());
    Replay replay(
        std::move(options), tables, clock_, [](const auto&) {},
        []() -> Result<void> { return {}; });
    const auto recovered =
        wal::Recover(disk_, "/wal", kLsnZero,
                     [&](const wal::RecoveredRecord& record) { return replay.Apply(record); });
    EXPECT_TRUE(recovered.ok() && recovered.value().quarantined_count == 0);
    const auto live = tables.Find(name.database, name.measurement);
    return live == nullptr ? 0 : RowsIn(*live, kLsnZero, tables.visible_lsn());
  }

  ManualClock clock_;
  arc::testing::FaultyFileSystem disk_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<WritePath> path_;
  std::vector<MeasurementId> forgotten_;
};

TEST_F(DropTest, RowsGoFromMemoryAndFilesAlike) {
  Write(kCpu, 3);
  Write(kMem, 2);
  Flush(kCpu, "cpu.parquet");
  Write(kCpu, 4);
  const auto live = Live(kCpu);
  const auto dropped = Drop(kCpu);
  ASSERT_TRUE(dropped.ok());
  EXPECT_EQ(dropped.value().measurement_count, 1u);
  EXPECT_EQ(dropped.value().file_count, 1u);
  EXPECT_EQ(dropped.value().row_count, 3u);
  EXPECT_EQ(Live(kCpu), nullptr);
  EXPECT_FALSE(IsInCatalog(kCpu));
  EXPECT_TRUE(live->is_dropped());
  EXPECT_EQ(live->usage().row_count, 0u);
  EXPECT_THAT(forgotten_, ElementsAre(live->id()));
  EXPECT_THAT(catalog_->removed_files().All(), ElementsAre("cpu.parquet"));
  EXPECT_THAT(*catalog_->tombstones(), ElementsAre(Pair(live->id(), Lsn{4})));
  EXPECT_EQ(path_->VisibleRows(kMem), 2u);
  EXPECT_EQ(RowsAfterARestart(kCpu), 0u);
}

TEST_F(DropTest, WhatIsWrittenUnderTheNameAfterwardsStartsEmpty) {
  Write(kCpu, 3);
  const auto old_id = Live(kCpu)->id();
  ASSERT_TRUE(Drop(kCpu).ok());
  Write(kCpu, 2);
  EXPECT_GT(Live(kCpu)->id(), old_id);
  EXPECT_EQ(path_->VisibleRows(kCpu), 2u);
  Flush(kCpu, "new.parquet");
  Write(kCpu, 1);
  EXPECT_EQ(catalog_->snapshot()->FindMeasurement(kCpu)->files.row_count(), 2u);
  ASSERT_TRUE(Drop(kCpu).ok());
  Write(kCpu, 5);
  EXPECT_EQ(catalog_->tombstones()->size(), 2u);
  EXPECT_EQ(RowsAfterARestart(kCpu), 5u);
}

TEST_F(DropTest, WhatDoesNotExistIsNotFoundAndCanBeWrittenTo) {
  EXPECT_EQ(Drop(kCpu).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MakeDropper().DropDatabase("db").error().code, ErrorCode::kNotFound);
  // Known by name only: every row of its one request was refused.
  path_->tables().FindOrCreate(kCpu).value();
  EXPECT_EQ(Drop(kCpu).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MakeDropper().DropDatabase("db").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(*catalog_->tombstones(), IsEmpty());
  Write(kCpu, 1);
  ASSERT_TRUE(Drop(kCpu).ok());
  EXPECT_EQ(Drop(kCpu).error().code, ErrorCode::kNotFound);
}

TEST_F(DropTest, ADatabaseGoesWithAllOfItAndNoOther) {
  Write(kCpu, 1);
  Flush(kCpu, "cpu.parquet");
  Write(kMem, 2);
  Write(kElsewhere, 3);
  const auto dropped = MakeDropper().DropDatabase("db");
  ASSERT_TRUE(dropped.ok()) << LogText(dropped.error());
  EXPECT_EQ(dropped.value().measurement_count, 2u);
  EXPECT_EQ(dropped.value().file_count, 1u);
  EXPECT_EQ(forgotten_.size(), 2u);
  EXPECT_EQ(path_->tables().measurement_count("db"), 0u);
  EXPECT_EQ(catalog_->snapshot()->FindDatabase("db"), nullptr);
  EXPECT_EQ(path_->VisibleRows(kElsewhere), 3u);
  Write(kMem, 7);
  EXPECT_EQ(RowsAfterARestart(kMem), 7u);
}

TEST_F(DropTest, AnEmptyDatabaseCanBeDropped) {
  ASSERT_TRUE(catalog_->CreateDatabase("empty").ok());
  EXPECT_TRUE(MakeDropper().DropDatabase("empty").ok());
  EXPECT_EQ(catalog_->snapshot()->FindDatabase("empty"), nullptr);
}

TEST_F(DropTest, OnlyOneDropOfAThingAtATime) {
  Write(kCpu, 1);
  const auto mark = path_->tables().BeginDrop(kCpu).TakeValue();
  EXPECT_EQ(Drop(kCpu).error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(MakeDropper().DropDatabase("db").error().code, ErrorCode::kOverloaded);
}

// Writers never stop while the measurement is dropped again and again. In the end exactly those
// acknowledged requests are there that came after the last drop: in memory, and after a restart.
TEST_F(DropTest, WhatIsAcknowledgedAfterADropIsKeptAndNothingBefore) {
  constexpr int kDrops = 30;
  std::atomic<bool> stop{false};
  std::vector<std::vector<Lsn>> acknowledged(3);
  std::vector<std::thread> writers;
  for (auto& lsns : acknowledged) {
    writers.emplace_back([&, this] {
      while (!stop) {
        auto live = path_->tables().FindOrCreate(kCpu);
        if (!live.ok()) {
          EXPECT_EQ(live.error().code, ErrorCode::kOverloaded);
          continue;
        }
        const auto written = path_->Begin(std::move(live).TakeValue()).get();
        if (written.ok()) {
          lsns.push_back(written.value());
        } else {
          EXPECT_EQ(written.error().code, ErrorCode::kOverloaded) << LogText(written.error());
        }
      }
    });
  }
  for (int i = 0; i < kDrops;) {
    const auto dropped = Drop(kCpu);
    if (dropped.ok())
      i++;
    else
      EXPECT_EQ(dropped.error().code, ErrorCode::kNotFound);  // nothing was written meanwhile
  }
  while (path_->VisibleRows(kCpu) < 10) std::this_thread::yield();
  stop = true;
  for (auto& writer : writers) writer.join();

  ASSERT_EQ(catalog_->tombstones()->size(), std::size_t{kDrops});
  auto last_drop = kLsnZero;
  for (const auto& [id, lsn] : *catalog_->tombstones()) last_drop = std::max(last_drop, lsn);
  std::size_t kept = 0, all = 0;
  for (const auto& lsns : acknowledged) {
    kept += std::count_if(lsns.begin(), lsns.end(), [&](Lsn lsn) { return lsn > last_drop; });
    all += lsns.size();
  }
  EXPECT_GE(kept, 10u);
  EXPECT_GT(all, kept);
  EXPECT_EQ(path_->VisibleRows(kCpu), kept);
  EXPECT_EQ(RowsAfterARestart(kCpu), kept);
}

TEST_F(DropTest, WhenTheWritesBeforeItDoNotEndAllIsAsItWas) {
  Write(kCpu, 1);
  Gate gate;
  disk_.DelayEvery("sync /wal", [&](const auto&) { gate.Pass(); });
  auto held = path_->Begin(kCpu, 2);
  gate.WaitUntilReached();
  const auto dropped = MakeDropper(std::chrono::milliseconds(0)).DropMeasurement(kCpu);
  ASSERT_FALSE(dropped.ok());
  EXPECT_EQ(dropped.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(dropped.error().message, HasSubstr("nothing was dropped"));
  auto after = path_->Begin(kCpu, 4);
  gate.Open();
  EXPECT_TRUE(held.get().ok());
  EXPECT_TRUE(after.get().ok());
  EXPECT_EQ(path_->VisibleRows(kCpu), 7u);
  EXPECT_THAT(*catalog_->tombstones(), IsEmpty());
  EXPECT_TRUE(Drop(kCpu).ok());
}

TEST_F(DropTest, AfterCloseAllIsAsItWas) {
  Write(kCpu, 1);
  path_->sequencer().Close();
  EXPECT_EQ(Drop(kCpu).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(path_->VisibleRows(kCpu), 1u);
  EXPECT_FALSE(Live(kCpu)->is_dropping());
}

TEST_F(DropTest, WhenTheCatalogHasNoSpaceAllIsAsItWas) {
  Write(kCpu, 3);
  Flush(kCpu, "cpu.parquet");
  Write(kCpu, 2);
  disk_.FailEvery("write /catalog", ErrorCode::kNoSpace);
  EXPECT_EQ(Drop(kCpu).error().code, ErrorCode::kNoSpace);
  EXPECT_THAT(forgotten_, IsEmpty());
  disk_.Repair();
  EXPECT_TRUE(IsInCatalog(kCpu));
  Write(kCpu, 4);
  EXPECT_EQ(path_->VisibleRows(kCpu), 6u);
  EXPECT_TRUE(Drop(kCpu).ok());
  EXPECT_FALSE(IsInCatalog(kCpu));
}

TEST_F(DropTest, ADiskWithoutSpaceIsAskedForRoom) {
  Write(kCpu, 3);
  Flush(kCpu, "cpu.parquet");
  int asked = 0;
  bool has_room = false;
  Dropper dropper(
      *catalog_, path_->tables(), path_->sequencer(), [](MeasurementId) {},
      Dropper::kBarrierTimeout,
      [&] {
        asked++;
        if (has_room) disk_.Repair();
        return has_room;
      });
  disk_.FailEvery("write /catalog", ErrorCode::kNoSpace);
  EXPECT_EQ(dropper.DropMeasurement(kCpu).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(asked, 1);
  has_room = true;
  const auto dropped = dropper.DropMeasurement(kCpu);
  ASSERT_TRUE(dropped.ok()) << LogText(dropped.error());
  EXPECT_EQ(dropped.value().file_count, 1u);
  EXPECT_FALSE(IsInCatalog(kCpu));
  EXPECT_EQ(Live(kCpu), nullptr);
}

// A drop during which one operation of the disk fails, in a world of its own.
class OneDrop : public DropTest {
 public:
  void TestBody() override {}
  void Run(std::uint64_t failing) {
    Write(kCpu, 3);
    Flush(kCpu, "cpu.parquet");
    Write(kCpu, 2);
    const auto before = disk_.operation_count();
    if (failing > 0) disk_.FailAt(before + failing, ErrorCode::kStorageFailed);
    const auto dropped = Drop(kCpu);
    operation_count_ = disk_.operation_count() - before;
    disk_.Repair();
    // Reads the file again if it has to: then the snapshot is the truth.
    ASSERT_TRUE(catalog_->RaiseLastIds(kLsnZero, MeasurementId{0}).ok());
    EXPECT_EQ(IsInCatalog(kCpu), !dropped.ok()) << disk_.Describe(before + failing);
    EXPECT_EQ(path_->VisibleRows(kCpu), dropped.ok() ? 0u : 2u);
    EXPECT_EQ(catalog_->tombstones()->size(), dropped.ok() ? 1u : 0u);
    EXPECT_EQ(forgotten_.size(), dropped.ok() ? 1u : 0u);
    was_dropped_ = dropped.ok();
    Write(kCpu, 4);
    EXPECT_EQ(path_->VisibleRows(kCpu), dropped.ok() ? 4u : 6u);
  }

  std::uint64_t operation_count() const { return operation_count_; }
  bool was_dropped() const { return was_dropped_; }

 private:
  std::uint64_t operation_count_ = 0;  // of the drop
  bool was_dropped_ = false;
};

// The answer tells the truth, and memory and catalog agree.
TEST(DropFailureTest, WhicheverOperationFailsTheAnswerIsTrue) {
  OneDrop undisturbed;
  undisturbed.Run(0);
  ASSERT_TRUE(undisturbed.was_dropped());
  ASSERT_GE(undisturbed.operation_count(), 2u);
  int failed_count = 0;
  for (std::uint64_t i = 1; i <= undisturbed.operation_count(); i++) {
    OneDrop drop;
    drop.Run(i);
    if (!drop.was_dropped()) failed_count++;
  }
  EXPECT_GE(failed_count, 1);
}

}  // namespace
}  // namespace arc::write
