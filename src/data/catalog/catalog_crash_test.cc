// The power fails at every operation that the catalog makes, in every way that the simulated disk
// knows: what was committed is there afterwards, and nothing is there by half.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/catalog/catalog.h"
#include "data/catalog/catalog_test_base.h"
#include "data/catalog/test_values.h"
#include "foundation/base/check.h"
#include "foundation/testing/faulty_file_system.h"

namespace arc::catalog {
namespace {

using testing::CrashMode;
using testing::FaultyFileSystem;
using testing::Unsynced;

constexpr const char* kPath = "/data/catalog.db";

std::vector<CatalogChange> Changes() {
  auto third = ChangeOf(1, "cpu", {FileAt("cpu/3", 9)});
  third.removed_paths = {"cpu/1"};
  third.flushed = {{Lsn{0}, Lsn{7}}};
  return {
      Only(ChangeOf(1, "cpu", {FileAt("cpu/1", 1), FileAt("cpu/2", 5)})),
      {{ChangeOf(2, "mem", {FileAt("mem/1", 1)}), ChangeOf(3, "net", {FileAt("net/1", 1)})}},
      Only(std::move(third)),
  };
}

// Before any crash. Returns the number of the first operation after it.
std::uint64_t MakeFolder(FaultyFileSystem& disk) {
  CHECK(disk.CreateDirectories("/data").ok(), "a disk without faults refuses a folder");
  return disk.operation_count() + 1;
}

// What the catalog says at first and after each of the changes.
std::vector<std::string> ExpectedStates() {
  FaultyFileSystem disk;
  const arc::testing::ManualClock clock;
  MakeFolder(disk);
  const auto catalog = std::move(Catalog::Open({.path = kPath}, disk, clock)).TakeValue();
  std::vector<std::string> states = {Describe(*catalog->snapshot())};
  for (auto& change : Changes()) {
    EXPECT_TRUE(catalog->CommitAndWait(std::move(change)).ok());
    states.push_back(Describe(*catalog->snapshot()));
  }
  EXPECT_TRUE(catalog->Close().ok());
  return states;
}

// Opens, makes all changes, closing and opening again on the way. Returns how many were committed.
std::size_t RunWorkload(FaultyFileSystem& disk) {
  const arc::testing::ManualClock clock;
  std::size_t committed_count = 0;
  const auto changes = Changes();
  while (committed_count < changes.size()) {
    auto opened = Catalog::Open({.path = kPath}, disk, clock);
    if (!opened.ok()) return committed_count;
    const auto catalog = std::move(opened).TakeValue();
    for (std::size_t i = 0; i < 2 && committed_count < changes.size(); i++) {
      if (!catalog->CommitAndWait(changes[committed_count]).ok()) break;
      committed_count++;
    }
    IgnoreFailure(catalog->Close(), "the power may have failed");
    if (disk.has_crashed()) return committed_count;
  }
  return committed_count;
}

// Opens what the crash left, and checks that the state is that after `committed_count` changes, or
// one more. Then power fails again, and the state must stay.
void Check(FaultyFileSystem& disk, std::size_t committed_count,
           const std::vector<std::string>& states) {
  const arc::testing::ManualClock clock;
  std::string first_state;
  for (int round = 0; round < 2; round++) {
    auto opened = Catalog::Open({.path = kPath}, disk, clock);
    ASSERT_TRUE(opened.ok()) << LogText(opened.error());
    const auto catalog = std::move(opened).TakeValue();
    const auto state = Describe(*catalog->snapshot());
    const auto next = std::min(committed_count + 1, states.size() - 1);
    EXPECT_TRUE(state == states[committed_count] || state == states[next])
        << committed_count << " were committed, but this is there:\n"
        << state;
    if (round == 0) first_state = state;
    EXPECT_EQ(state, first_state);
    disk.Crash(Unsynced::kDropAll);
    IgnoreFailure(catalog->Close(), "the power has failed");
    disk.Reboot();
  }
  const auto catalog = std::move(Catalog::Open({.path = kPath}, disk, clock)).TakeValue();
  EXPECT_TRUE(catalog->CommitAndWait(Only(ChangeOf(9, "later", {FileAt("later", 1)}))).ok());
  EXPECT_TRUE(catalog->Close().ok());
}

class CatalogCrashTest : public ::testing::TestWithParam<std::pair<CrashMode, Unsynced>> {};

TEST_P(CatalogCrashTest, EveryCommittedChangeIsThereAndNoneByHalf) {
  const auto [mode, unsynced] = GetParam();
  const auto states = ExpectedStates();
  FaultyFileSystem undisturbed;
  const auto first_number = MakeFolder(undisturbed);
  ASSERT_EQ(RunWorkload(undisturbed), Changes().size());
  const auto operations = undisturbed.operations();
  ASSERT_GT(operations.size(), 20u);
  for (const auto& operation : operations) {
    // A crash before a reading one is a crash before the next that changes something.
    if (!operation.is_change || operation.number < first_number) continue;
    FaultyFileSystem disk(operation.number);
    MakeFolder(disk);
    disk.CrashAt(operation.number, mode, unsynced);
    const auto committed_count = RunWorkload(disk);
    disk.Reboot();
    Check(disk, committed_count, states);
    if (HasFailure()) FAIL() << "crash at " << operation.number << ": " << operation.text;
  }
}

INSTANTIATE_TEST_SUITE_P(AllModes, CatalogCrashTest,
                         ::testing::Values(std::pair{CrashMode::kBefore, Unsynced::kDropAll},
                                           std::pair{CrashMode::kBefore, Unsynced::kKeepAll},
                                           std::pair{CrashMode::kBefore, Unsynced::kRandomSubset},
                                           std::pair{CrashMode::kTorn, Unsynced::kDropAll},
                                           std::pair{CrashMode::kTorn, Unsynced::kKeepAll},
                                           std::pair{CrashMode::kTorn, Unsynced::kRandomSubset},
                                           std::pair{CrashMode::kBefore,
                                                     Unsynced::kStaysUnsynced}));

// The process dies, not the machine, and the next one acts upon what it reads: so that must be
// durable once the catalog is open.
TEST(CatalogAfterAKill, WhatIsReadIsDurable) {
  FaultyFileSystem undisturbed;
  const auto first_number = MakeFolder(undisturbed);
  RunWorkload(undisturbed);
  const arc::testing::ManualClock clock;
  for (auto number = first_number; number <= undisturbed.operation_count(); number++) {
    FaultyFileSystem disk(number);
    MakeFolder(disk);
    disk.CrashAt(number, CrashMode::kBefore, Unsynced::kStaysUnsynced);
    RunWorkload(disk);
    disk.Reboot();
    SCOPED_TRACE(disk.Describe(number));
    const auto catalog = std::move(Catalog::Open({.path = kPath}, disk, clock)).TakeValue();
    const auto state = Describe(*catalog->snapshot());
    disk.Crash(Unsynced::kDropAll);
    IgnoreFailure(catalog->Close(), "the power has failed");
    disk.Reboot();
    const auto again = std::move(Catalog::Open({.path = kPath}, disk, clock)).TakeValue();
    EXPECT_EQ(Describe(*again->snapshot()), state);
    EXPECT_TRUE(again->Close().ok());
  }
}

}  // namespace
}  // namespace arc::catalog
