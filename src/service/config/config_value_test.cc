#include "service/config/config_value.h"

#include <gtest/gtest.h>

#include <map>

namespace arc::config {
namespace {

constexpr Machine kMachine{.cores = 4, .memory_bytes = 8ULL << 30};

TEST(ByteCountTest, ReadsUnitsOfEitherSpelling) {
  const std::map<std::string, std::uint64_t> cases = {
      {"0", 0},
      {"65536", 65536},
      {"10B", 10},
      {"1KB", 1024},
      {"1kib", 1024},
      {"64MB", 64ULL << 20},
      {"64 MiB", 64 << 20},
      {" 2GB ", 2ULL << 30},
      {"1TB", 1ULL << 40},
      {"1.5GB", 3ULL << 29},
      {"0.5KB", 512},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(ParseByteCount(text), bytes) << text;
}

TEST(ByteCountTest, RefusesEverythingElse) {
  for (const char* text : {"", "GB", "-1", "1.5", "1.5B", "1..5GB", "1XB", "1GBB", "1e3", "1 2MB",
                           "99999999999999999999", "99999999999TB", "99999999.5TB", "inf"}) {
    EXPECT_EQ(ParseByteCount(text), std::nullopt) << text;
  }
}

TEST(ByteCountTest, FormatsInTheLargestWholeUnit) {
  EXPECT_EQ(FormatByteCount(0), "0B");
  EXPECT_EQ(FormatByteCount(1023), "1023B");
  EXPECT_EQ(FormatByteCount(1025), "1025B");
  EXPECT_EQ(FormatByteCount(64 << 20), "64MB");
  EXPECT_EQ(FormatByteCount(3ULL << 40), "3TB");
}

TEST(SetConfigValueTest, StoresIntoTheFieldOfTheKey) {
  Config config;
  EXPECT_TRUE(SetConfigValue(*FindConfigKey("server.port"), "9000", kMachine, config));
  EXPECT_TRUE(SetConfigValue(*FindConfigKey("query.timeout"), "0", kMachine, config));
  EXPECT_TRUE(SetConfigValue(*FindConfigKey("ingest.max_buffer_age_ms"), "250", kMachine, config));
  EXPECT_TRUE(SetConfigValue(*FindConfigKey("database.memory_limit"), "25%", kMachine, config));
  EXPECT_TRUE(SetConfigValue(*FindConfigKey("storage.local_path"), "/srv/arc", kMachine, config));
  EXPECT_EQ(config.server.port, 9000);
  EXPECT_EQ(config.query.timeout, std::chrono::seconds(0));
  EXPECT_EQ(config.ingest.max_buffer_age_ms, std::chrono::milliseconds(250));
  EXPECT_EQ(config.database.memory_limit, 2ULL << 30);
  EXPECT_EQ(config.storage.local_path, "/srv/arc");
}

TEST(SetConfigValueTest, RefusesAndLeavesTheFieldAlone) {
  const std::pair<const char*, const char*> cases[] = {
      {"server.port", "65536"},
      {"server.port", "-1"},
      {"server.port", "80a"},
      {"server.port", ""},
      {"server.read_timeout", "0"},
      {"log.level", "loud"},
      {"database.memory_limit", "101%"},
      {"database.memory_limit", "%"},
      {"database.memory_limit", "1KB"},
      {"storage.local_path", ""},
      {"query.max_sql_bytes", "50%"},
      {"storage.backend", "s3"},
  };
  for (const auto& [key, text] : cases) {
    Config config = DefaultConfig(kMachine);
    EXPECT_FALSE(SetConfigValue(*FindConfigKey(key), text, kMachine, config)) << key << text;
    EXPECT_EQ(config.server.port, 8000);
    EXPECT_EQ(config.log.level, "info");
  }
}

TEST(ExpectedValueTest, NamesTheRangeInTheWordsOfTheKey) {
  EXPECT_EQ(ExpectedValue(*FindConfigKey("server.port")), "an integer from 0 to 65535");
  EXPECT_EQ(ExpectedValue(*FindConfigKey("log.format")), "one of: json, console");
  EXPECT_EQ(ExpectedValue(*FindConfigKey("query.max_sql_bytes")),
            "a size such as \"64MB\" from 1KB to 64MB");
  EXPECT_EQ(ExpectedValue(*FindConfigKey("ingest.flush_workers")),
            "an integer from 1 to 64, or \"auto\"");
}

// Every limit must be a value that is accepted, and the one beyond must not.
TEST(SetConfigValueTest, LimitsAreInclusive) {
  for (const auto& key : ConfigKeys()) {
    if (key.limits.max == 0) continue;
    Config config;
    const auto accepts = [&](std::uint64_t number) {
      return SetConfigValue(key, std::to_string(number), kMachine, config);
    };
    EXPECT_TRUE(accepts(key.limits.min)) << key.name;
    EXPECT_TRUE(accepts(key.limits.max)) << key.name;
    EXPECT_FALSE(accepts(key.limits.max + 1)) << key.name;
    if (key.limits.min == 0) continue;
    EXPECT_FALSE(accepts(key.limits.min - 1)) << key.name;
  }
}

std::string Formatted(std::string_view key, const std::string& text) {
  Config config;
  EXPECT_TRUE(SetConfigValue(*FindConfigKey(key), text, Machine{}, config)) << text;
  return FormatConfigValue(*FindConfigKey(key), config);
}

TEST(FormatConfigValueTest, WritesWhatAFileHolds) {
  EXPECT_EQ(Formatted("server.port", "8001"), "8001");
  EXPECT_EQ(Formatted("server.max_payload_size", "65536"), "\"64KB\"");
  EXPECT_EQ(Formatted("query.timeout", "300"), "300");
  EXPECT_EQ(Formatted("ingest.max_buffer_age_ms", "7"), "7");
  EXPECT_EQ(Formatted("delete.enabled", "true"), "true");
  EXPECT_EQ(Formatted("storage.local_path", "C:\\a \"b\"\n"), R"("C:\\a \"b\"\u000a")");
}

TEST(FormatConfigValueTest, HidesSecrets) {
  ConfigKey key = *FindConfigKey("server.host");
  key.kind = ValueKind::kSecret;
  Config config;
  EXPECT_EQ(FormatConfigValue(key, config), "\"\"");
  ASSERT_TRUE(SetConfigValue(key, "hunter2", Machine{}, config));
  EXPECT_EQ(FormatConfigValue(key, config), "\"***\"");
}

}  // namespace
}  // namespace arc::config
