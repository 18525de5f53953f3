#include "service/cli/config_command.h"

#include <fmt/format.h>

#include <string_view>

#include "service/cli/command_line.h"
#include "service/config/config_keys.h"
#include "service/config/config_value.h"

namespace arc::cli {
namespace {

constexpr std::string_view kEnvironmentPrefix = "env ";

// Of a key's value, for people: its place, and the rule when it was computed.
std::string OriginOf(const config::ConfigKey& key, std::string_view origin) {
  if (origin == "default" && key.automatic.text != nullptr) {
    return fmt::format("default: {}", key.automatic.rule);
  }
  if (origin.starts_with(kEnvironmentPrefix)) {
    return fmt::format("environment variable {}", origin.substr(kEnvironmentPrefix.size()));
  }
  return std::string(origin);
}

void WriteKeys(const config::LoadedConfig& loaded, std::ostream& out) {
  std::string_view section;
  for (const auto& key : config::ConfigKeys()) {
    const auto dot = key.name.rfind('.');
    if (key.name.substr(0, dot) != section) {
      out << (section.empty() ? "[" : "\n[") << key.name.substr(0, dot) << "]\n";
      section = key.name.substr(0, dot);
    }
    const auto setting = fmt::format("{} = {}", key.name.substr(dot + 1),
                                     config::FormatConfigValue(key, loaded.config));
    const auto origin = loaded.origins.find(std::string(key.name));
    out << fmt::format("{:<40} # {}\n", setting, OriginOf(key, origin->second));
  }
}

void WriteWarnings(const config::LoadedConfig& loaded, const Console& console) {
  for (const auto& warning : loaded.warnings) console.err << "warning: " << warning << '\n';
}

}  // namespace

int RunConfig(const ConfigurationArguments& arguments, const Console& console) {
  const auto loaded = LoadConfiguration(arguments, console);
  if (!loaded.ok()) {
    console.err << "arc config: " << loaded.error().message << '\n';
    return kExitFailure;
  }
  WriteKeys(loaded.value(), console.out);
  WriteWarnings(loaded.value(), console);
  return kExitSuccess;
}

int RunConfigCheck(const std::string& file, const Console& console) {
  config::ConfigSources sources;
  sources.file = file;
  const auto loaded = config::LoadConfig(sources);
  if (!loaded.ok()) {
    console.err << "arc config check: " << loaded.error().message << '\n';
    return kExitFailure;
  }
  WriteWarnings(loaded.value(), console);
  console.out << file << " is valid\n";
  return kExitSuccess;
}

}  // namespace arc::cli
