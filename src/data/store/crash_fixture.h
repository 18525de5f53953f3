// What a store is put through in tests of crashes: a life with everything in it, step by step, what
// it has acknowledged at each, and a power that fails at every operation on the disk.
//
// The operations are counted as they happen, and a test goes on until a run ends before the one
// that was to fail: other threads make the count differ a little from run to run.
//
// By default each operation is crashed in one of seven ways, in turn; with ARC_CRASH_POINTS=all in
// all of them.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "data/store/store_fixture.h"

namespace arc::store {

using testing::CrashMode;
using testing::FaultyFileSystem;
using testing::Unsynced;
using Durability = Store::Durability;

// Too small for a ballast, whose megabytes would take most of the time.
inline constexpr std::uint64_t kDiskBytes = std::uint64_t{15} << 20;

struct Way {
  CrashMode mode;
  Unsynced unsynced;
};

// A process that only dies tears nothing.
inline constexpr Way kWays[] = {
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
  Result<void> DropMeasurement(const MeasurementName& name) {
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
inline const Workload::Rows kBulk{"bulk", 1, 15'000};

// The life of a store up to a full flush, with everything that can happen on the way.
inline Result<void> UseStore(Workload& work, bool has_log) {
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
inline Result<void> UseStoreMore(Workload& work) {
  TRY(work.DropDatabase("two"));
  TRY(work.Write("two", {{"cpu", 2}}));
  TRY(work.DropMeasurement({"one", "mem"}));
  TRY(work.Write("one", {{"mem", 2}, {"cpu", 2}}));
  TRY(work.Write("one", {kBulk}));
  TRY(work.Write("two", {{"net", 1}, {"cpu", 1}}));
  return {};
}

inline bool HasLog(const Store::Options& options) { return options.durability != Durability::kOff; }

// Runs a workload in which the power fails, and looks at what is left. False when it did not fail.
using Run = std::function<bool(FaultyFileSystem& disk, std::uint64_t number, Way way)>;

inline std::vector<Way> WaysFor(std::uint64_t number) {
  const auto* const wanted = std::getenv("ARC_CRASH_POINTS");
  if (wanted != nullptr && std::string_view(wanted) == "all") {
    return {std::begin(kWays), std::end(kWays)};
  }
  return {kWays[number % std::size(kWays)]};
}

// Calls `run` with every `stride`-th crash point from the first on, until it does not reach them.
inline void CrashEverywhere(const char* what, const Run& run, std::uint64_t stride = 1) {
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

}  // namespace arc::store
