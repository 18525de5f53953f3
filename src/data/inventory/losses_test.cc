#include "data/inventory/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/testing/faulty_file_system.h"

namespace arc::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

const std::string kPath = "/arc.losses";

std::unique_ptr<Losses> OpenLosses(fs::FileSystem& disk) {
  return Losses::Open(disk, Clock::System(), kPath).TakeValue();
}

TEST(LossesTest, StayUntilTheirFileIsRemoved) {
  testing::FaultyFileSystem disk;
  {
    const auto losses = OpenLosses(disk);
    EXPECT_THAT(losses->List(), IsEmpty());
    ASSERT_TRUE(losses->Add("segment 1 is gone").ok());
    ASSERT_TRUE(losses->Add("segment 2 is gone").ok());
    ASSERT_TRUE(losses->Add("segment 1 is gone").ok()) << "again";
  }
  disk.Crash(testing::Unsynced::kDropAll);
  disk.Reboot();
  const auto losses = OpenLosses(disk);
  EXPECT_THAT(losses->List(),
              ElementsAre(EndsWith("Z segment 1 is gone"), EndsWith("Z segment 2 is gone")));
  losses->Refresh();
  EXPECT_EQ(losses->List().size(), 2u);
  ASSERT_TRUE(disk.Remove(kPath).ok());
  EXPECT_EQ(losses->List().size(), 2u);
  losses->Refresh();
  EXPECT_THAT(losses->List(), IsEmpty());
  ASSERT_TRUE(losses->Add("segment 3 is gone").ok());
  EXPECT_THAT(OpenLosses(disk)->List(), ElementsAre(EndsWith("segment 3 is gone")));
}

TEST(LossesTest, AreLimited) {
  testing::FaultyFileSystem disk;
  const auto losses = OpenLosses(disk);
  for (std::size_t i = 0; i < Losses::kMax + 5; i++) {
    ASSERT_TRUE(losses->Add("segment " + std::to_string(i)).ok());
  }
  EXPECT_EQ(losses->List().size(), Losses::kMax);
  EXPECT_EQ(OpenLosses(disk)->List(), losses->List());
}

// A loss that cannot be written to the file is still listed by this process.
TEST(LossesTest, AFullDiskHidesNothing) {
  testing::FaultyFileSystem disk;
  const auto losses = OpenLosses(disk);
  disk.SetCapacity(0);
  EXPECT_FALSE(losses->Add("segment 1 is gone").ok());
  EXPECT_EQ(losses->List().size(), 1u);
  losses->Refresh();
  EXPECT_EQ(losses->List().size(), 1u);
}

}  // namespace
}  // namespace arc::inventory
