// Where a command that works on the server's own files finds its configuration: flags of the
// command line, above the environment, above a file.

#pragma once

#include <map>
#include <string>

#include "foundation/base/result.h"
#include "service/cli/console.h"
#include "service/config/load_config.h"

namespace CLI {
class App;
}  // namespace CLI

namespace arc::cli {

struct ConfigurationArguments {
  std::string config_file;                   // Empty: the search path.
  std::map<std::string, std::string> flags;  // "server.port" -> "8001"
};

// Adds --config, --set and the flags for single keys to `command`. `arguments` outlives it.
void AddConfigurationOptions(CLI::App& command, ConfigurationArguments& arguments);

// Fails as LoadConfig does.
Result<config::LoadedConfig> LoadConfiguration(const ConfigurationArguments& arguments,
                                               const Console& console);

}  // namespace arc::cli
