#include "service/config/memory_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/config/load_config.h"

namespace arc::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kMegabyte = 1024 * 1024;
constexpr Machine kMachine{.cores = 4, .memory_bytes = 16ULL << 30};

Result<LoadedConfig> Load(std::map<std::string, std::string> flags) {
  ConfigSources sources;
  sources.machine = kMachine;
  sources.flags = std::move(flags);
  return LoadConfig(sources);
}

TEST(MemorySharesTest, DefaultsFitOnEveryMachine) {
  for (const std::uint64_t megabytes : {64, 512, 700, 1024, 1500, 2048, 4000, 8192, 100'000}) {
    for (const std::uint64_t cores : {1, 2, 8, 200}) {
      const auto config = DefaultConfig({.cores = cores, .memory_bytes = megabytes * kMegabyte});
      EXPECT_LE(SharesOf(config).all(), config.server.memory_limit) << megabytes;
      EXPECT_GE(config.database.memory_limit, 64 * kMegabyte) << megabytes;
      EXPECT_LE(SharesOf(config).all_but_engine() + QueryBytesOf(config),
                config.server.memory_limit)
          << megabytes;
    }
  }
}

TEST(MemorySharesTest, OneLimitDividesItself) {
  const auto config = Load({{"server.memory_limit", "1GB"}}).value().config;
  const auto shares = SharesOf(config);
  EXPECT_EQ(shares.rows, 128 * kMegabyte);
  EXPECT_EQ(shares.readers, 64 * kMegabyte);
  EXPECT_EQ(shares.bodies, 128 * kMegabyte);
  EXPECT_EQ(shares.program, 128 * kMegabyte);
  EXPECT_EQ(shares.engine / kMegabyte, 460U);
  EXPECT_EQ(QueryBytesOf(config) / kMegabyte, 575U);
}

TEST(MemorySharesTest, WhatIsSetLeavesLessToTheEngine) {
  const auto config =
      Load({{"server.memory_limit", "1GB"}, {"ingest.memory_budget", "256MB"}}).value().config;
  EXPECT_EQ(config.database.memory_limit / kMegabyte, 358U);
}

TEST(MemorySharesTest, QueriesMayHaveAQuarterMoreThanTheEngine) {
  const auto bytes = [](const char* limit) {
    return QueryBytesOf(Load({{"database.memory_limit", limit}}).value().config) / kMegabyte;
  };
  EXPECT_EQ(bytes("1GB"), 1280U);
  EXPECT_EQ(bytes("128MB"), 192U) << "64 MB at least";
}

TEST(MemorySharesTest, HalfOfTheMemoryForTheEngineFits) {
  const auto config = Load({{"database.memory_limit", "50%"}}).value().config;
  EXPECT_EQ(config.database.memory_limit, 8192 * kMegabyte);
  EXPECT_GE(QueryBytesOf(config), config.database.memory_limit) << "without the quarter";
}

TEST(MemorySharesTest, MoreThanTheLimitIsRefusedWithTheNumbers) {
  const auto refused = Load({{"server.memory_limit", "1GB"}, {"database.memory_limit", "600MB"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(
      refused.error().message,
      AllOf(HasSubstr("server.memory_limit (1GB) is less than its shares together (1048MB)"),
            HasSubstr("database.memory_limit 600MB"), HasSubstr("the program 128MB"),
            HasSubstr("raise it, or lower one of them")));
}

}  // namespace
}  // namespace arc::config
