#include "data/catalog/removed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace arc::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Paths = std::vector<std::string>;

// Whatever is released at this moment.
Paths Released(RemovedFiles& files) { return files.TakeReleased(std::chrono::steady_clock::now()); }

TEST(RemovedFilesTest, WhatAnEarlierRunLeftIsReleasedAtOnce) {
  const auto files = RemovedFiles::Make({"a", "b"});
  EXPECT_THAT(Released(*files), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(Released(*files), IsEmpty());
  EXPECT_THAT(files->All(), UnorderedElementsAre("a", "b"));
  files->Forget({"a"});
  EXPECT_THAT(files->All(), ElementsAre("b"));
  EXPECT_THAT(files->UnknownOf({"a", "b", "c"}), ElementsAre("a", "c"));
}

TEST(RemovedFilesTest, FilesWaitForThePinsOfTheirEpochAndOfAllBefore) {
  const auto files = RemovedFiles::Make({});
  auto first = files->Advance({});
  auto second = files->Advance({"1"});
  auto second_again = second;
  auto third = files->Advance({"2"});
  second.reset();
  EXPECT_THAT(Released(*files), IsEmpty());
  second_again.reset();  // "2" is free of its own epoch, the first epoch showed it as well
  EXPECT_THAT(Released(*files), IsEmpty());
  first.reset();
  EXPECT_THAT(Released(*files), ElementsAre("1", "2"));
  third.reset();
  EXPECT_THAT(Released(*files), IsEmpty());
}

TEST(RemovedFilesTest, PinsOutliveTheirOwner) {
  auto files = RemovedFiles::Make({});
  auto pin = files->Advance({});
  const std::weak_ptr<RemovedFiles> gone = files;
  files.reset();
  EXPECT_FALSE(gone.expired());
  pin.reset();
  EXPECT_TRUE(gone.expired());
}

TEST(RemovedFilesTest, AWaitingTakerIsWokenByARelease) {
  const auto files = RemovedFiles::Make({});
  auto before = files->Advance({});
  auto after = files->Advance({"a"});
  Paths taken;
  std::thread taker([&] { taken = files->TakeReleased(); });
  before.reset();
  taker.join();
  EXPECT_THAT(taken, ElementsAre("a"));
}

TEST(RemovedFilesTest, AWaitingTakerIsWokenByTheEnd) {
  const auto files = RemovedFiles::Make({});
  Paths taken{"untouched"};
  std::thread taker([&] { taken = files->TakeReleased(); });
  files->StopTaking();
  taker.join();
  EXPECT_THAT(taken, IsEmpty());
}

}  // namespace
}  // namespace arc::catalog
