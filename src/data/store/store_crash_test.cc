// The power fails, or the process dies, at every operation on the disk that a store makes while it
// writes, rotates and frees its log, copies rows into a checkpoint, flushes, publishes, drops,
// starts, replays and sweeps. Whatever is left, the next start finds every acknowledged row once
// and no part of any other request, and the catalog and the files agree.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "data/store/crash_fixture.h"
#include "foundation/testing/manual_clock.h"

namespace arc::store {
namespace {

// A first start and its end.
Result<void> FirstRun(FaultyFileSystem& disk, const Store::Options& options, History& history) {
  Workload work(disk, options, history);
  TRY(UseStore(work, HasLog(options)));
  TRY(UseStoreMore(work));
  return work.Close();
}

// The start after a crash, and a little work.
Result<void> SecondRun(FaultyFileSystem& disk, const Store::Options& options, History& history) {
  Workload work(disk, options, history);
  TRY(work.Start());
  TRY(work.Write("one", {{"cpu", 1}, {"mem", 1}}));
  TRY(work.Flush());
  TRY(work.DropMeasurement({"two", "cpu"}));
  TRY(work.Write("two", {{"cpu", 1}}));
  return work.Close();
}

// Two starts after a crash, and a crash between them that finds nothing unsynced to forget.
void CheckAfterCrash(FaultyFileSystem& disk, const Store::Options& options, History& history) {
  Contents first;
  for (int round = 0; round < 2; round++) {
    disk.Reboot();
    auto started = OpenStore::Start(disk, options);
    ASSERT_TRUE(started.ok()) << LogText(started.error());
    auto& store = *started.value();
    EXPECT_TRUE(store->Problems().empty()) << store->Problems().front();
    const auto found = store.Read();
    if (round == 0) {
      history.Check(found);
      first = found;
      if (HasLog(options)) {
        EXPECT_EQ(store.UnlistedFiles(), std::vector<std::string>());
      }
      disk.Crash(Unsynced::kDropAll);
      continue;
    }
    EXPECT_EQ(found, first) << "what was seen is not there any more";
    ASSERT_TRUE(store.Write("one", {{"cpu", {1'000'000}}}).ok());
    first["one.cpu"].insert(1'000'000);
    ASSERT_TRUE(store.Flush().ok());
    EXPECT_EQ(store.Read(), first);
    EXPECT_TRUE(store.Close().ok());
  }
}

Run InFirstRun(const Store::Options& options) {
  return [options](FaultyFileSystem& disk, std::uint64_t number, Way way) {
    disk.CrashAt(number, way.mode, way.unsynced);
    History history(options.durability);
    const auto worked = FirstRun(disk, options, history);
    const bool has_crashed = disk.has_crashed();
    EXPECT_TRUE(has_crashed || worked.ok()) << LogText(worked.error());
    SCOPED_TRACE(disk.Describe(number));
    CheckAfterCrash(disk, options, history);
    return has_crashed;
  };
}

Run InSecondRun(const Store::Options& options, Unsynced first_crash) {
  return [options, first_crash](FaultyFileSystem& disk, std::uint64_t number, Way way) {
    History history(options.durability);
    {
      Workload first(disk, options, history);
      auto worked = UseStore(first, HasLog(options));
      if (worked.ok()) worked = UseStoreMore(first);
      EXPECT_TRUE(worked.ok()) << LogText(worked.error());
      disk.Crash(first_crash);
    }
    disk.Reboot();
    const auto first_number = disk.operation_count();
    disk.CrashAt(first_number + number, way.mode, way.unsynced);
    const auto worked = SecondRun(disk, options, history);
    const bool has_crashed = disk.has_crashed();
    EXPECT_TRUE(has_crashed || worked.ok()) << LogText(worked.error());
    SCOPED_TRACE(disk.Describe(first_number + number));
    CheckAfterCrash(disk, options, history);
    return has_crashed;
  };
}

TEST(StoreCrashTest, WithoutAFaultEverythingHappensThatIsToBeInterrupted) {
  FaultyFileSystem disk;
  disk.SetCapacity(kDiskBytes);
  History history(Durability::kSync);
  const auto worked = FirstRun(disk, SmallStore(), history);
  ASSERT_TRUE(worked.ok()) << LogText(worked.error());
  std::map<std::string, int> counts;
  for (const auto& operation : disk.operations()) {
    counts[operation.text.substr(0, operation.text.find_first_of("0123456789"))]++;
  }
  for (const auto& [text, count] : counts) std::cout << count << " " << text << "\n";
  CheckAfterCrash(disk, SmallStore(), history);
}

TEST(StoreCrashTest, ACrashAnywhereLosesAndDoublesNothing) {
  CrashEverywhere("the first run", InFirstRun(SmallStore()));
}

TEST(StoreCrashTest, NeitherDoesOneInTheStartAfterACrash) {
  CrashEverywhere("the second run", InSecondRun(SmallStore(), Unsynced::kDropAll));
}

// They share almost every operation with the first.
constexpr std::uint64_t kOtherModesStride = 8;  // prime to the count of ways: all come round

Store::Options StoreWith(Durability durability) {
  auto options = SmallStore();
  options.durability = durability;
  options.sync_interval = std::chrono::milliseconds(1);
  return options;
}

// What was not synced yet may be lost, by whole requests, but not what was flushed.
TEST(StoreCrashTest, WithSyncsInIntervalsNothingIsDoubledOrHalfThere) {
  CrashEverywhere("syncs in intervals", InFirstRun(StoreWith(Durability::kInterval)),
                  kOtherModesStride);
}

// The same, request or not: there is no log.
TEST(StoreCrashTest, WithoutALogNothingIsDoubledAndWhatWasFlushedIsThere) {
  CrashEverywhere("no log", InFirstRun(StoreWith(Durability::kOff)), kOtherModesStride);
}

TEST(StoreSpaceTest, OnAFullDiskWritesAreRefusedAndAllElseGoesOn) {
  FaultyFileSystem disk;
  arc::testing::ManualClock clock;
  disk.SetCapacity(std::uint64_t{64} << 20);
  auto started = OpenStore::Start(disk, SmallStore(), clock);
  ASSERT_TRUE(started.ok()) << LogText(started.error());
  auto& store = *started.value();
  Contents expected;
  ASSERT_TRUE(store.Write("one", {{"cpu", {1, 2}}, {"mem", {3}}}).ok());
  ASSERT_TRUE(store.Flush().ok());
  expected = {{"one.cpu", {1, 2}}, {"one.mem", {3}}};
  const auto capacity = std::uint64_t{64} << 20;
  disk.SetCapacity(capacity - disk.FreeBytes("/").value());
  std::optional<Error> refusal;
  for (std::int64_t id = 10; id < 30 && !refusal; id++) {
    auto written = store.Write("one", {{"cpu", {id}, 5'000}});
    if (written.ok()) {
      expected["one.cpu"].insert(id);
    } else {
      refusal = std::move(written).TakeError();
    }
  }
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, ErrorCode::kNoSpace) << LogText(*refusal);
  EXPECT_EQ(store.Read(), expected);
  const auto dropped = store->dropper().DropMeasurement({"one", "mem"});
  EXPECT_TRUE(dropped.ok()) << LogText(dropped.error());
  expected.erase("one.mem");
  EXPECT_EQ(store.Read(), expected);

  disk.SetCapacity(capacity);
  clock.Advance(std::chrono::seconds(2));
  const auto written = store.Write("one", {{"cpu", {100}}});
  ASSERT_TRUE(written.ok()) << LogText(written.error());
  expected["one.cpu"].insert(100);
  EXPECT_EQ(store.Read(), expected);
  disk.Crash(Unsynced::kDropAll);
  started.value().reset();
  disk.Reboot();
  auto again = OpenStore::Start(disk, SmallStore(), clock);
  ASSERT_TRUE(again.ok()) << LogText(again.error());
  EXPECT_EQ(again.value()->Read(), expected);
}

}  // namespace
}  // namespace arc::store
