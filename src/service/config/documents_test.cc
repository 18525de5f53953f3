// The documents that repeat the list of keys must say what the code does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "service/config/config_keys.h"
#include "service/config/config_value.h"
#include "service/config/load_config.h"

namespace arc::config {
namespace {

const std::filesystem::path kSourceDirectory = ARC_SOURCE_DIR;

std::string Code(std::string_view text) { return "`" + std::string(text) + "`"; }

// How limits are written in the document.
std::string Allowed(const ConfigKey& key) {
  const bool is_bytes = key.kind == ValueKind::kBytes || key.kind == ValueKind::kMemory;
  std::string allowed;
  for (const auto choice : key.choices) allowed += (allowed.empty() ? "" : ", ") + Code(choice);
  if (key.limits.max != 0) {
    const auto& [min, max] = key.limits;
    allowed = is_bytes ? FormatByteCount(min) + " – " + FormatByteCount(max)
                       : std::to_string(min) + " – " + std::to_string(max);
  }
  if (key.kind == ValueKind::kMemory) allowed += ", or %";
  return allowed;
}

// One row of the document's table.
std::string Row(const ConfigKey& key) {
  std::string value = key.default_text.empty() ? "`\"\"`" : Code(key.default_text);
  if (key.automatic.text != nullptr) value += ": " + std::string(key.automatic.rule);
  return "| " + Code(key.name) + " | " + value + " | " + Allowed(key) + " | " +
         std::string(key.description) + " |";
}

TEST(ConfigurationDocumentTest, ListsExactlyTheKeysWithDefaultsAndLimits) {
  std::ifstream document(kSourceDirectory / "docs" / "configuration.md");
  std::vector<std::string> documented;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("| `") && line.find('.') < line.find(" | ")) documented.push_back(line);
  }
  std::vector<std::string> expected;
  for (const auto& key : ConfigKeys()) expected.push_back(Row(key));
  EXPECT_THAT(documented, ::testing::ElementsAreArray(expected));
}

TEST(SampleFileTest, LoadsWithoutAWarning) {
  ConfigSources sources;
  sources.file = kSourceDirectory / "arc.toml";
  const auto loaded = LoadConfig(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_THAT(loaded.value().warnings, ::testing::IsEmpty());
  EXPECT_EQ(loaded.value().config.log.format, "console");
}

// "# port = 8000" in the sample is the default, so that removing the mark changes nothing.
TEST(SampleFileTest, CommentedLinesShowTheDefaults) {
  std::ifstream sample(kSourceDirectory / "arc.toml");
  std::string section;
  std::size_t shown = 0;
  for (std::string line; std::getline(sample, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find(']') - 1);
    const auto equals = line.find(" = ");
    if (!line.starts_with("# ") || equals == line.npos) continue;
    const ConfigKey* key = FindConfigKey(section + "." + line.substr(2, equals - 2));
    ASSERT_NE(key, nullptr) << line;
    std::string value = line.substr(equals + 3);
    value = value.substr(0, value.find('#'));
    std::erase_if(value, [](char c) { return c == '"' || c == ' '; });
    EXPECT_EQ(value, key->default_text) << line;
    ++shown;
  }
  EXPECT_GT(shown, 0U);
}

}  // namespace
}  // namespace arc::config
