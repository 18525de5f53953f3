#include "data/inventory/state_file.h"

#include <gtest/gtest.h>

#include <string>

#include "foundation/testing/faulty_file_system.h"

namespace arc::inventory {
namespace {

using testing::CrashMode;
using testing::FaultyFileSystem;
using testing::Unsynced;

const std::string kPath = "/arc.state";

State StateOf(std::uint64_t number) {
  return {.catalog_generation = number,
          .log = {.last_segment = number + 1,
                  .checkpoint = Lsn{number + 2},
                  .durable = Lsn{number + 3},
                  .needed_from = Lsn{number + 4}},
          .has_tokens = number > 5};
}

State MustRead(fs::FileSystem& disk) {
  const auto found = ReadState(disk, kPath);
  EXPECT_TRUE(found.ok() && found.value().state) << "no state can be read";
  return found.ok() ? found.value().state.value_or(State{}) : State{};
}

std::unique_ptr<StateFile> OpenState(fs::FileSystem& disk, const State& state) {
  return StateFile::Open(disk, kPath, ReadState(disk, kPath).value(), state).TakeValue();
}

TEST(StateFileTest, WithoutAFileNothingIsKnown) {
  FaultyFileSystem disk;
  const auto found = ReadState(disk, kPath);
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found.value().state);
  EXPECT_FALSE(found.value().is_damaged);
}

TEST(StateFileTest, KeepsEveryNumberAndOnlyRaisesThem) {
  FaultyFileSystem disk;
  const auto file = OpenState(disk, StateOf(1));
  EXPECT_EQ(MustRead(disk), StateOf(1));
  file->Note(StateOf(7));
  EXPECT_EQ(MustRead(disk), StateOf(7));
  file->Note(StateOf(3));
  EXPECT_EQ(MustRead(disk), StateOf(7));
  State mixed{.catalog_generation = 100};
  file->Note(mixed);
  mixed.Raise(StateOf(7));
  EXPECT_EQ(MustRead(disk), mixed);
  EXPECT_EQ(file->state(), mixed);
}

// Whether notes survive or not: the file never says more than was noted last, and at least what was
// recorded.
TEST(StateFileTest, ACrashAnywhereKeepsWhatWasRecorded) {
  int crash_count = 0;
  for (std::uint64_t number = 1; number < 60; number++) {
    for (const auto mode : {CrashMode::kBefore, CrashMode::kTorn}) {
      for (const auto unsynced :
           {Unsynced::kDropAll, Unsynced::kRandomSubset, Unsynced::kStaysUnsynced}) {
        FaultyFileSystem disk(number);
        disk.CrashAt(number, mode, unsynced);
        std::uint64_t recorded = 0, noted = 0;
        if (auto opened = StateFile::Open(disk, kPath, {}, StateOf(0)); opened.ok()) {
          for (std::uint64_t step = 1; step <= 12; step++) {
            noted = step;
            if (step % 4 == 0) {
              if (opened.value()->Record(StateOf(step)).ok()) recorded = step;
            } else {
              opened.value()->Note(StateOf(step));
            }
          }
        }
        crash_count += disk.has_crashed() ? 1 : 0;
        disk.Reboot();
        const auto found = ReadState(disk, kPath);
        ASSERT_TRUE(found.ok());
        const auto generation = found.value().state ? found.value().state->catalog_generation : 0;
        EXPECT_GE(generation, recorded) << "crash at " << disk.Describe(number);
        EXPECT_LE(generation, noted) << "crash at " << disk.Describe(number);
        EXPECT_TRUE(recorded == 0 || !found.value().is_damaged);
      }
    }
  }
  EXPECT_GT(crash_count, 60);
}

TEST(StateFileTest, AFailedSyncIsReportedAndTheFileMadeAnew) {
  FaultyFileSystem disk;
  const auto file = OpenState(disk, StateOf(1));
  disk.FailSyncs(kPath);
  EXPECT_FALSE(file->Record(StateOf(2)).ok());
  disk.Repair();
  EXPECT_TRUE(file->Record(StateOf(3)).ok());
  disk.Crash(Unsynced::kDropAll);
  disk.Reboot();
  EXPECT_EQ(MustRead(disk), StateOf(3));
}

// A start on a full disk must not fail for this.
TEST(StateFileTest, AFileThatIsThereNeedsNoRoom) {
  FaultyFileSystem disk;
  OpenState(disk, StateOf(1))->Note(StateOf(2));
  disk.SetCapacity(0);
  for (std::uint64_t number = 3; number < 6; number++) {
    const auto file = OpenState(disk, StateOf(number));
    EXPECT_EQ(MustRead(disk), StateOf(number));
    file->Note(StateOf(number));
    disk.Crash(Unsynced::kDropAll);
    disk.Reboot();
    EXPECT_EQ(MustRead(disk), StateOf(number));
  }
}

TEST(StateFileTest, OneDamagedByteCostsNothingAndAnEmptyFileIsKnownAsDamaged) {
  FaultyFileSystem disk;
  const auto file = OpenState(disk, StateOf(1));
  ASSERT_TRUE(file->Record(StateOf(2)).ok());
  const auto good = fs::ReadWholeFile(disk, kPath, 1 << 20).value();
  for (std::size_t i = 0; i < good.size(); i++) {
    auto bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    ASSERT_TRUE(fs::WriteWholeFile(disk, kPath, bytes).ok());
    const auto state = MustRead(disk);
    ASSERT_TRUE(state == StateOf(1) || state == StateOf(2)) << "byte " << i;
  }
  for (std::size_t length = 0; length < good.size(); length++) {
    ASSERT_TRUE(fs::WriteWholeFile(disk, kPath, good.substr(0, length)).ok());
    const auto found = ReadState(disk, kPath);
    ASSERT_TRUE(found.ok());
    ASSERT_NE(found.value().state.has_value(), found.value().is_damaged) << length;
    if (!found.value().state) continue;
    ASSERT_LE(found.value().state->catalog_generation, 2u);
  }
}

}  // namespace
}  // namespace arc::inventory
