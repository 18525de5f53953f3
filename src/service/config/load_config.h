// Puts the configuration together: defaults, below the file, below the environment, below the
// flags. Nothing is taken from the process: whoever calls says what the sources are.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/result.h"
#include "service/config/config.h"
#include "service/config/machine.h"

namespace arc::config {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct ConfigSources {
  // The file that was asked for: must exist.
  std::optional<std::filesystem::path> file{};
  // Otherwise the first of these that exists, if any.
  std::vector<std::filesystem::path> search_path{};
  // Variables that begin with ARC_ count; an empty one counts as not set.
  Environment environment{};
  // "server.port" -> "8001".
  std::map<std::string, std::string> flags{};
  Machine machine = ThisMachine();
};

struct LoadedConfig {
  Config config;
  // One line each, for the log: keys that are known and not used, unknown variables.
  std::vector<std::string> warnings;
  // Where each key's value comes from: "default", "./arc.toml:12", "env ARC_SERVER_PORT", "flag".
  std::map<std::string, std::string> origins;
};

// Fails with kInvalidInput. The message names every mistake, one a line, each with its place, what
// was found there and what was expected.
Result<LoadedConfig> LoadConfig(const ConfigSources& sources);

// ./arc.toml, /etc/arc/arc.toml, $HOME/.arc/arc.toml.
std::vector<std::filesystem::path> DefaultSearchPath(const Environment& environment);

}  // namespace arc::config
