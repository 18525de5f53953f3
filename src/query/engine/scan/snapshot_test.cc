// A query sees one state of everything, and keeps it no longer than it needs to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "foundation/testing/batch_builder.h"
#include "query/engine/engine_test_base.h"

namespace arc::engine {
namespace {

using testing::BatchBuilder;

const MeasurementName kCpu{"default", "cpu"};
const std::vector<SchemaColumn> kValue = {{"v", ColumnType::kInt64, ColumnRole::kField}};

ColumnBatch Rows(std::size_t count, std::int64_t value = 1) {
  return BatchBuilder()
      .Time(std::vector<std::int64_t>(count, 7))
      .Int64("v", BatchBuilder::Cells<std::int64_t>(count, value))
      .Build();
}

TEST(SnapshotTest, SeesARequestOnlyWhenItIsVisible) {
  World world;
  world.Publish(kCpu, Rows(2));
  const auto unseen = world.next_lsn();
  world.PublishUnseen(kCpu, unseen, Rows(3));
  world.PublishUnseen({"default", "other"}, unseen, Rows(1));
  EXPECT_EQ(world.Ours("SELECT count(*), count(v) FROM cpu"), "2, 2\n");
  EXPECT_THAT(world.Ours("SELECT * FROM other"), ::testing::HasSubstr("does not exist"));
  world.live_measurements().AdvanceVisible(unseen);
  EXPECT_EQ(world.Ours("SELECT count(*), count(v) FROM cpu"), "5, 5\n");
  EXPECT_EQ(world.Ours("SELECT count(*) FROM other"), "1\n");
}

TEST(SnapshotTest, KeepsWhatItStartedWith) {
  World world;
  world.Publish(kCpu, Rows(2));
  auto run = world.engine().Start({"SELECT count(v) FROM cpu", "", nullptr});
  ASSERT_TRUE(run.ok());
  world.Publish(kCpu, Rows(5));
  EXPECT_EQ(TextOf(*run.value()), "2\n");
}

// A flush commits the file and trims the buffer at any moment of a query.
class FlushingWorld : public World {
 public:
  // Moves what is buffered of kCpu to a file.
  void Flush() {
    auto measurement = live_measurements().FindOrCreate(kCpu).value();
    const auto prefix = measurement->PeekPrefix(live_measurements().visible_lsn());
    if (!prefix) return;
    catalog::MeasurementChange change;
    change.id = measurement->id();
    change.name = kCpu;
    change.schema = prefix->schema;
    change.flushed = {prefix->flushed_from, prefix->flushed_to};
    catalog::FileEntry file;
    file.path = "rows-" + std::to_string(prefix->row_count) + ".parquet";
    for (int copy = 0; file_names_.count(file.path) != 0; copy++) {
      file.path =
          "rows-" + std::to_string(prefix->row_count) + "-" + std::to_string(copy) + ".parquet";
    }
    file_names_.insert(file.path);
    Plain("COPY (SELECT to_timestamp(0.000007) AS time, 1::BIGINT AS v FROM range(" +
          std::to_string(prefix->row_count) + ")) TO '" + StoragePath(file.path) +
          "' (FORMAT parquet)");
    file.min_time = file.max_time = 7;
    file.row_count = prefix->row_count;
    file.byte_count = std::filesystem::file_size(StoragePath(file.path));
    change.added_files.push_back(file);
    ASSERT_TRUE(catalog().CommitAndWait({{std::move(change)}}).ok());
    measurement->TrimFlushed(prefix->flushed_to);
  }

 private:
  std::set<std::string> file_names_;
};

TEST(SnapshotTest, CountsFlushedAndBufferedRowsOnce) {
  FlushingWorld world;
  world.Publish(kCpu, Rows(4));
  world.Flush();
  EXPECT_EQ(world.Ours("SELECT count(*), sum(v) FROM cpu"), "4, 4\n");
  world.Publish(kCpu, Rows(3));
  EXPECT_EQ(world.Ours("SELECT count(*), sum(v) FROM cpu"), "7, 7\n");
}

// Each request has one row in each of two measurements, 3 rows of kCpu each. A query counts whole
// requests, the same number twice, and at least as many as the query before.
TEST(SnapshotTest, IsOneStateWhileRequestsAndFlushesGoOn) {
  FlushingWorld world;
  const MeasurementName twin{"default", "twin"};
  const auto publish = [&] {
    const auto lsn = world.next_lsn();
    world.PublishUnseen(kCpu, lsn, Rows(3));
    world.PublishUnseen(twin, lsn, Rows(1));
    world.live_measurements().AdvanceVisible(lsn);
  };
  publish();
  std::atomic<bool> stop{false};
  std::atomic<int> requests{0};
  std::thread writer([&] {
    while (!stop && requests < 400) {
      publish();
      if (++requests % 4 == 0) world.Flush();
    }
  });
  std::vector<std::thread> readers;
  std::atomic<int> torn{0};
  std::atomic<int> answered{0};
  for (int reader = 0; reader < 2; reader++) {
    readers.emplace_back([&] {
      std::int64_t seen = 0;
      while (!stop) {
        const auto text = world.Ours(
            "SELECT (SELECT count(v) FROM cpu), (SELECT sum(v) FROM cpu c), (SELECT count(*) FROM "
            "cpu), (SELECT 3 * count(*) FROM twin)");
        std::int64_t a = 0, b = 0, c = 0, d = 0;
        const int parsed = std::sscanf(text.c_str(), "%ld, %ld, %ld, %ld", &a, &b, &c, &d);
        if (parsed != 4 || a != b || a != c || a != d || a < seen) {
          torn++;
          ADD_FAILURE() << text << " after " << seen;
        }
        seen = a;
        answered++;
      }
    });
  }
  writer.join();
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GT(answered, 10);
  EXPECT_EQ(requests, 400);
}

// Rows that the query's snapshot does not have in files leave memory between pin and look-up. The
// test does that in the check of rights, which runs between the two.
TEST(SnapshotTest, StartsOverWhenRowsHaveBeenTrimmed) {
  FlushingWorld world;
  world.Publish(kCpu, Rows(3));
  int asked = 0;
  const auto flush_once = [&](std::string_view, std::string_view) {
    if (asked++ == 0) world.Flush();
    return true;
  };
  EXPECT_EQ(world.Ours("SELECT count(v) FROM cpu", "", flush_once), "3\n");
  EXPECT_EQ(asked, 4) << "at the look-up and at the scan, twice";
}

TEST(SnapshotTest, GivesUpStartingOverAtLast) {
  FlushingWorld world;
  world.Publish(kCpu, Rows(3));
  int asked = 0;
  const auto flush_always = [&](std::string_view, std::string_view) {
    asked++;
    world.Publish(kCpu, Rows(1));
    world.Flush();
    return true;
  };
  EXPECT_EQ(world.Ours("SELECT count(v) FROM cpu", "", flush_always),
            "ERROR kOverloaded: The server is busy writing files: try again");
  EXPECT_EQ(asked, 40) << "twice a time";
}

// What write::Dropper does, without the order of requests: all of them are visible here.
class DroppingWorld : public FlushingWorld {
 public:
  void DropFromCatalog() {
    mark_.emplace(live_measurements().BeginDrop(kCpu).TakeValue());
    catalog::DropChange change;
    change.measurements = {{kCpu, mark_->measurements().at(0)->id()}};
    change.lsn = next_lsn();
    ASSERT_TRUE(catalog().Drop(std::move(change)).ok());
  }
  void DropFromMemory() {
    mark_->Finish();
    mark_.reset();
  }
  void Drop() {
    DropFromCatalog();
    DropFromMemory();
  }

 private:
  std::optional<buffer::DropMark> mark_;
};

TEST(SnapshotTest, ADroppedMeasurementIsGoneAndARecreatedOneStartsEmpty) {
  DroppingWorld world;
  world.Publish(kCpu, Rows(4));
  world.Flush();
  world.Publish(kCpu, Rows(3));
  world.Drop();
  EXPECT_THAT(world.Ours("SELECT * FROM cpu"), ::testing::HasSubstr("does not exist"));
  EXPECT_EQ(world.Ours("SELECT table_name FROM information_schema.tables"), "");
  world.Publish(kCpu, BatchBuilder().Time({7}).String("v", {"text"}).Build());
  EXPECT_EQ(world.Ours("SELECT count(*), min(v) FROM cpu"), "1, text\n");
  world.Drop();
  world.Publish(kCpu, Rows(2));
  world.Flush();
  world.Publish(kCpu, Rows(1));
  EXPECT_EQ(world.Ours("SELECT count(*), sum(v) FROM cpu"), "3, 3\n");
}

// Between the two steps of a drop the rows are still in memory.
TEST(SnapshotTest, WhatLeftTheCatalogIsNotReadFromMemory) {
  DroppingWorld world;
  world.Publish(kCpu, Rows(4));
  world.DropFromCatalog();
  EXPECT_NE(world.live_measurements().Find("default", "cpu"), nullptr);
  EXPECT_THAT(world.Ours("SELECT * FROM cpu"), ::testing::HasSubstr("does not exist"));
  world.DropFromMemory();
}

TEST(SnapshotTest, AQueryThatRunsFinishesWithWhatWasDroppedMeanwhile) {
  DroppingWorld world;
  world.Publish(kCpu, Rows(4));
  world.Flush();
  world.Publish(kCpu, Rows(3));
  auto run = world.engine().Start({"SELECT count(*), sum(v) FROM cpu", "", nullptr});
  ASSERT_TRUE(run.ok());
  world.Drop();
  world.Publish(kCpu, Rows(1));
  const auto released = [&] {
    return world.catalog().removed_files().TakeReleased(std::chrono::steady_clock::now());
  };
  EXPECT_THAT(released(), ::testing::IsEmpty()) << "its files stay";
  EXPECT_EQ(TextOf(*run.value()), "7, 7\n");
  run.value().reset();
  EXPECT_THAT(released(), ::testing::SizeIs(1)) << "no longer than it";
  EXPECT_EQ(world.Ours("SELECT count(*) FROM cpu"), "1\n");
}

// Pinned before a drop, and looked up after it: the query starts over with a newer pin, whether the
// rows were in files, in memory or in both, and whether the name was taken again.
TEST(SnapshotTest, StartsOverWhenAMeasurementWasDroppedBeforeItIsLookedUp) {
  for (const bool has_file : {true, false}) {
    for (const bool has_rows : {true, false}) {
      for (const bool is_recreated : {true, false}) {
        if (!has_file && !has_rows) continue;
        DroppingWorld world;
        if (has_file) {
          world.Publish(kCpu, Rows(4));
          world.Flush();
        }
        if (has_rows) world.Publish(kCpu, Rows(3));
        int asked = 0;
        const auto drop_once = [&](std::string_view, std::string_view) {
          if (asked++ > 0) return true;
          world.Drop();
          if (is_recreated) world.Publish(kCpu, Rows(1));
          return true;
        };
        const auto text = world.Ours("SELECT count(*), sum(v) FROM cpu", "", drop_once);
        SCOPED_TRACE(std::to_string(has_file) + std::to_string(has_rows) +
                     std::to_string(is_recreated));
        if (is_recreated) {
          EXPECT_EQ(text, "1, 1\n");
        } else {
          EXPECT_THAT(text, ::testing::HasSubstr("does not exist"));
        }
        EXPECT_GE(asked, 1);
      }
    }
  }
}

TEST(SnapshotTest, LetsGoOfBuffersAtTheEndAndNotBefore) {
  World world;
  std::weak_ptr<const ColumnBatch> batch;
  {
    auto rows = std::make_shared<const ColumnBatch>(Rows(3));
    batch = rows;
    world.Publish(kCpu, Rows(1));
    world.live_measurements().FindOrCreate(kCpu).value()->Publish(world.next_lsn(), rows, {});
    world.live_measurements().AdvanceVisible(world.next_lsn());
  }
  const auto start = [&](const std::string& sql) {
    auto run = world.engine().Start({sql, "", nullptr});
    EXPECT_TRUE(run.ok());
    return std::move(run).TakeValue();
  };
  auto read = start("SELECT v FROM cpu");
  auto abandoned = start("SELECT v FROM cpu, range(1000000)");
  ASSERT_TRUE(abandoned->Next().ok());
  auto interrupted = start("SELECT v FROM cpu, range(1000000)");
  world.live_measurements().FindOrCreate(kCpu).value()->TrimFlushed(
      world.live_measurements().visible_lsn());
  EXPECT_FALSE(batch.expired());
  EXPECT_TRUE(read->batches().contains(batch));
  EXPECT_EQ(TextOf(*read), "1\n1\n1\n1\n");
  EXPECT_TRUE(read->batches().empty());
  EXPECT_TRUE(interrupted->batches().contains(batch));
  interrupted->Interrupt(InterruptReason::kCancelled);
  EXPECT_FALSE(interrupted->Next().ok());
  EXPECT_FALSE(batch.expired());
  abandoned.reset();
  EXPECT_TRUE(batch.expired());
}

}  // namespace
}  // namespace arc::engine
