#include "data/inventory/place_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>

#include "foundation/testing/faulty_file_system.h"
#include "foundation/testing/temp_directory.h"

namespace arc::inventory {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::hours kNever{24};

class PlaceWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk_.CreateDirectories(data_ + "/wal").ok());
    ASSERT_TRUE(fs::WriteWholeFile(disk_, data_ + "/catalog.db", "x").ok());
  }
  std::unique_ptr<PlaceWatch> Start(PlaceWatch::Options options = {}) {
    options.places = {{"the data directory", data_},
                      {"the log", data_ + "/wal"},
                      {"the catalog", data_ + "/catalog.db"}};
    if (options.interval == PlaceWatch::Options().interval) options.interval = kNever;
    return PlaceWatch::Start(std::move(options), disk_).TakeValue();
  }
  // What the watch says after `change`.
  std::string After(const std::function<void()>& change) {
    int lost_count = 0;
    const auto watch = Start({.on_lost = [&](const Error&) { lost_count++; }});
    EXPECT_TRUE(watch->Check().ok());
    change();
    const auto first = watch->Check();
    const auto second = watch->Check();
    EXPECT_EQ(first.ok(), second.ok());
    EXPECT_EQ(lost_count, first.ok() ? 0 : 1);
    if (first.ok()) return "in place";
    EXPECT_EQ(first.error().code, ErrorCode::kUnavailable);
    return first.error().detail;
  }

  const arc::testing::TempDirectory directory_;
  const std::string data_ = directory_ / "data";
  fs::FileSystem& disk_ = fs::FileSystem::Local();
};

TEST_F(PlaceWatchTest, WhatIsUsedAndGrowsIsInPlace) {
  EXPECT_EQ(After([&] {
              ASSERT_TRUE(fs::WriteWholeFile(disk_, data_ + "/other", "y").ok());
              const auto file =
                  disk_.OpenRandom(data_ + "/catalog.db", fs::FileSystem::IfAbsent::kFail);
              const std::string_view bytes = "more";
              ASSERT_TRUE(file.value()->WriteAt(1, {&bytes, 1}).ok());
            }),
            "in place");
}

TEST_F(PlaceWatchTest, WhatIsRemovedIsNoticed) {
  EXPECT_THAT(After([&] { ASSERT_TRUE(disk_.Remove(data_ + "/catalog.db").ok()); }),
              HasSubstr("the catalog"));
}

TEST_F(PlaceWatchTest, WhatIsReplacedIsNoticed) {
  EXPECT_THAT(
      After([&] { ASSERT_TRUE(fs::WriteWholeFile(disk_, data_ + "/catalog.db", "x").ok()); }),
      HasSubstr("the catalog"));
}

TEST_F(PlaceWatchTest, WhatIsMovedAwayAndMadeAnewIsNoticed) {
  EXPECT_THAT(After([&] {
                ASSERT_TRUE(disk_.Rename(data_ + "/wal", data_ + "/wal.old").ok());
                ASSERT_TRUE(disk_.CreateDirectories(data_ + "/wal").ok());
              }),
              HasSubstr("the log"));
}

TEST_F(PlaceWatchTest, WhatComesBackStaysLost) {
  const auto watch = Start();
  ASSERT_TRUE(disk_.Rename(data_, data_ + ".moved").ok());
  EXPECT_FALSE(watch->Check().ok());
  ASSERT_TRUE(disk_.Rename(data_ + ".moved", data_).ok());
  EXPECT_FALSE(watch->Check().ok());
  EXPECT_TRUE(watch->failure());
}

TEST_F(PlaceWatchTest, ItLooksByItselfAlsoAtTheRest) {
  std::promise<std::string> lost;
  std::atomic<bool> is_missing{false};
  PlaceWatch::Options options;
  options.interval = std::chrono::milliseconds(1);
  options.find_missing = [&]() -> std::optional<std::string> {
    if (is_missing) return "a segment is not there";
    return std::nullopt;
  };
  options.on_lost = [&](const Error& error) { lost.set_value(error.detail); };
  options.on_looked = [&] { is_missing = true; };
  const auto watch = Start(std::move(options));
  EXPECT_EQ(lost.get_future().get(), "a segment is not there");
}

TEST_F(PlaceWatchTest, APlaceThatIsNotThereAtFirstIsAFailure) {
  ASSERT_TRUE(disk_.Remove(data_ + "/catalog.db").ok());
  PlaceWatch::Options options;
  options.places = {{"the catalog", data_ + "/catalog.db"}};
  const auto started = PlaceWatch::Start(std::move(options), disk_);
  ASSERT_FALSE(started.ok());
}

// A disk that does not answer is not a lost place.
TEST(PlaceWatchOnADeadDiskTest, NothingIsLost) {
  testing::FaultyFileSystem disk;
  ASSERT_TRUE(disk.CreateDirectories("/data").ok());
  PlaceWatch::Options options;
  options.places = {{"the data directory", "/data"}};
  options.interval = kNever;
  const auto watch = PlaceWatch::Start(std::move(options), disk).TakeValue();
  disk.Crash(testing::Unsynced::kDropAll);
  EXPECT_TRUE(watch->Check().ok());
}

}  // namespace
}  // namespace arc::inventory
