// The power fails, or the process dies, at every operation on the disk that a store makes while it
// writes, rotates and frees its log, copies rows into a checkpoint, flushes, publishes, drops,
// starts, replays and sweeps. Whatever is left, the next start finds every acknowledged row once
// and no part of any other request, and the catalog and the files agree.
//
// The operations are counted as they happen, and the test goes on until a run ends before the one
// that was to fail: other threads make the count differ a little from run to run.
//
// By default each operation is crashed in one of seven ways, in turn; with ARC_CRASH_POINTS=all in
// all of them.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "server/store_fixture.h"

namespace arc {
namespace {

using testing::CrashMode;
using testing::FaultyFileSystem;
using testing::Unsynced;
using Durability = Store::Durability;

// Too small for a ballast, whose megabytes would take most of the time.
constexpr std::uint64_t kDiskBytes = std::uint64_t{15} << 20;

struct Way {
  CrashMode mode;
  Unsynced unsynced;
};

// A process that only dies tears nothing.
constexpr Way kWays[] = {
    {CrashMode::kBefore, Unsynced::kDropAll},      {CrashMode::kTorn, Unsynced::kRandomSubset},
    {CrashMode::kBefore, Unsynced::kKeepAll},      {CrashMode::kTorn, Unsynced::kDropAll},
    {CrashMode::kBefore, Unsynced::kRandomSubset}, {CrashMode::kTorn, Unsynced::kKeepAll},
    {CrashMode::kBefore, Unsynced::kStaysUnsynced}};

// What was acknowledged, and what the one step that may be under way makes of it.
class History {
 public:
  explicit History(Durability durability) : durability_(durability) {}

  // One step of a workload: with `change` from the contents before to those after it.
  Result<void> Step(const std::function<void(Contents&)>& change,
                    const std::function<Result<void>()>& act) {
    after_ = before_;
    change(after_);
    TRY(act());
    before_ = after_;
    return {};
  }
  Result<void> Flush(OpenStore& store) {
    TRY(store.Flush());
    flushed_ = before_;
    return {};
  }
  void AddRequest(std::multiset<std::int64_t> ids) { requests_.push_back(std::move(ids)); }
  std::int64_t NextId() { return ++last_id_; }
  const Contents& acknowledged() const { return before_; }

  void Check(const Contents& found) const {
    if (durability_ == Durability::kSync) {
      EXPECT_TRUE(found == before_ || found == after_)
          << "found " << Text(found) << "\nacknowledged " << Text(before_) << "\nunder way "
          << Text(after_);
      return;
    }
    CheckNoneTooMany(found);
    CheckFlushedIsThere(found);
    if (durability_ == Durability::kInterval) CheckRequestsAreWhole(found);
  }
  // The next steps begin from what was found.
  void Settle(const Contents& found) { before_ = after_ = flushed_ = found; }

 private:
  static std::string Text(const Contents& contents) {
    std::string text;
    for (const auto& [table, ids] : contents) {
      text += table + ":";
      for (const auto id : ids) text += " " + std::to_string(id);
      text += "; ";
    }
    return text;
  }
  static std::size_t CountOf(const Contents& contents, const std::string& table, std::int64_t id) {
    const auto entry = contents.find(table);
    return entry == contents.end() ? 0 : entry->second.count(id);
  }

  void CheckNoneTooMany(const Contents& found) const {
    for (const auto& [table, ids] : found) {
      for (const auto id : ids) {
        EXPECT_EQ(ids.count(id), 1u) << table << " has row " << id << " twice";
        EXPECT_TRUE(CountOf(before_, table, id) == 1 || CountOf(after_, table, id) == 1)
            << table << " has row " << id << ", which was dropped or never written";
      }
    }
  }
  void CheckFlushedIsThere(const Contents& found) const {
    for (const auto& [table, ids] : flushed_) {
      for (const auto id : ids) {
        if (!MustBe(table, id)) continue;
        EXPECT_EQ(CountOf(found, table, id), 1u) << table << " has lost row " << id;
      }
    }
  }
  void CheckRequestsAreWhole(const Contents& found) const {
    std::set<std::int64_t> all;
    for (const auto& [table, ids] : found) all.insert(ids.begin(), ids.end());
    std::set<std::int64_t> kept;  // by every drop
    for (const auto& [table, ids] : after_) kept.insert(ids.begin(), ids.end());
    for (const auto& ids : requests_) {
      std::size_t there = 0, missing = 0;
      for (const auto id : ids) {
        if (all.contains(id)) {
          there++;
        } else if (kept.contains(id)) {
          missing++;
        }
      }
      EXPECT_TRUE(there == 0 || missing == 0) << "half of the request with row " << *ids.begin();
    }
  }
  bool MustBe(const std::string& table, std::int64_t id) const {
    return CountOf(before_, table, id) == 1 && CountOf(after_, table, id) == 1;
  }

  const Durability durability_;
  Contents before_, after_, flushed_;
  std::vector<std::multiset<std::int64_t>> requests_;
  std::int64_t last_id_ = 0;
};

// A store that is used, step by step, until the disk fails.
class Workload {
 public:
  Workload(FaultyFileSystem& disk, Store::Options options, History& history)
      : disk_(disk), options_(std::move(options)), history_(history) {}

  Result<void> Start() {
    store_ = TRY(OpenStore::Start(disk_, options_));
    return {};
  }
  struct Rows {
    std::string measurement;
    std::size_t count;
    std::size_t padding_bytes = 0;
  };
  Result<void> Write(const std::string& database, const std::vector<Rows>& rows) {
    std::vector<RowsOf> request;
    std::multiset<std::int64_t> ids;
    for (const auto& [measurement, count, padding_bytes] : rows) {
      request.push_back({measurement, {}, padding_bytes});
      for (std::size_t i = 0; i < count; i++) request.back().ids.push_back(history_.NextId());
      ids.insert(request.back().ids.begin(), request.back().ids.end());
    }
    history_.AddRequest(std::move(ids));
    const auto add = [&](Contents& contents) {
      for (const auto& part : request) {
        contents[database + "." + part.measurement].insert(part.ids.begin(), part.ids.end());
      }
    };
    return history_.Step(add, [&] { return store_->Write(database, request); });
  }
  Result<void> DropMeasurement(const TableName& name) {
    return history_.Step([&](Contents& contents) { contents.erase(name.ToString()); },
                         [&]() -> Result<void> {
                           TRY((*store_)->dropper().DropMeasurement(name));
                           return {};
                         });
  }
  Result<void> DropDatabase(const std::string& name) {
    const auto erase = [&](Contents& contents) {
      std::erase_if(contents,
                    [&](const auto& table) { return table.first.starts_with(name + "."); });
    };
    return history_.Step(erase, [&]() -> Result<void> {
      TRY((*store_)->dropper().DropDatabase(name));
      return {};
    });
  }
  Result<void> Flush() { return history_.Flush(*store_); }
  // Until the keeper has copied rows out of old segments.
  Result<void> AwaitCheckpoint() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!(*store_)->log()->checkpoint()) {
      if (disk_.has_crashed() || std::chrono::steady_clock::now() > deadline) {
        return Error{ErrorCode::kDeadlinePassed, "there is no checkpoint"};
      }
      std::this_thread::yield();
    }
    return {};
  }
  Result<void> Close() {
    TRY(store_->Close());
    store_.reset();
    return {};
  }
  OpenStore& store() { return *store_; }

 private:
  FaultyFileSystem& disk_;
  const Store::Options options_;
  History& history_;
  std::unique_ptr<OpenStore> store_;
};

// Each of these fills a segment of the log.
const Workload::Rows kBulk{"bulk", 1, 15'000};

// The life of a store up to a full flush, with everything that can happen on the way.
Result<void> UseStore(Workload& work, bool has_log) {
  TRY(work.Start());
  TRY(work.Write("one", {{"cpu", 3}, {"mem", 1}}));
  TRY(work.Write("two", {{"cpu", 2}, {"net", 1}}));
  TRY(work.Flush());
  TRY(work.Write("one", {{"cpu", 2, 10}, {"disk", 1}}));
  for (int i = 0; i < 3; i++) TRY(work.Write("one", {kBulk}));
  TRY(work.DropMeasurement({"one", "bulk"}));
  TRY(work.Write("one", {kBulk, {"mem", 1}}));
  if (has_log) TRY(work.AwaitCheckpoint());
  TRY(work.Write("one", {{"cpu", 1}, {"mem", 1}, {"disk", 1}}));
  TRY(work.Flush());
  return {};
}

// What goes on after it, with rows in files, and ends with rows in memory.
Result<void> UseStoreMore(Workload& work) {
  TRY(work.DropDatabase("two"));
  TRY(work.Write("two", {{"cpu", 2}}));
  TRY(work.DropMeasurement({"one", "mem"}));
  TRY(work.Write("one", {{"mem", 2}, {"cpu", 2}}));
  TRY(work.Write("one", {kBulk}));
  TRY(work.Write("two", {{"net", 1}, {"cpu", 1}}));
  return {};
}

bool HasLog(const Store::Options& options) { return options.durability != Durability::kOff; }

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

// Runs a workload in which the power fails, and looks at what is left. False when it did not fail.
using Run = std::function<bool(FaultyFileSystem& disk, std::uint64_t number, Way way)>;

std::vector<Way> WaysFor(std::uint64_t number) {
  const auto* const wanted = std::getenv("ARC_CRASH_POINTS");
  if (wanted != nullptr && std::string_view(wanted) == "all") {
    return {std::begin(kWays), std::end(kWays)};
  }
  return {kWays[number % std::size(kWays)]};
}

// Calls `run` with every `stride`-th crash point from the first on, until it does not reach them.
void CrashEverywhere(const char* what, const Run& run, std::uint64_t stride = 1) {
  constexpr int kMissedMax = 3;
  std::uint64_t reached_count = 0;
  std::uint64_t crash_count = 0;
  int missed_count = 0;
  for (std::uint64_t number = 1; missed_count < kMissedMax; number += stride) {
    bool is_reached = false;
    for (const auto way : WaysFor(number)) {
      FaultyFileSystem disk(number);
      disk.SetCapacity(kDiskBytes);
      const bool has_crashed = run(disk, number, way);
      ASSERT_FALSE(::testing::Test::HasFailure())
          << "crash point " << number << " of " << what << ", mode " << int(way.mode)
          << ", unsynced " << int(way.unsynced);
      crash_count += has_crashed ? 1 : 0;
      is_reached = is_reached || has_crashed;
    }
    reached_count += is_reached ? 1 : 0;
    missed_count = is_reached ? 0 : missed_count + 1;
  }
  std::cout << what << ": " << reached_count << " crash points, " << crash_count << " crashes\n";
  EXPECT_GT(reached_count * stride, 100u);
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

class HandClock : public Clock {
 public:
  std::int64_t NowMicros() const override { return 1'700'000'000'000'000; }
  SteadyTime NowSteady() const override { return SteadyTime(std::chrono::seconds(seconds_)); }
  void Advance(std::int64_t seconds) { seconds_ += seconds; }

 private:
  std::atomic<std::int64_t> seconds_{1'000};
};

TEST(StoreSpaceTest, OnAFullDiskWritesAreRefusedAndAllElseGoesOn) {
  FaultyFileSystem disk;
  HandClock clock;
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
  clock.Advance(2);
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
}  // namespace arc
