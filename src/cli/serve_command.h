// `arc serve`: finds the configuration and hands it to the server.

#pragma once

#include <functional>
#include <map>
#include <string>

#include "cli/console.h"
#include "config/load_config.h"

namespace arc {

struct ServeArguments {
  std::string config_file;                   // Empty: the search path.
  std::map<std::string, std::string> flags;  // "server.port" -> "8001"
};

// Returns how the process ends: what `serve` returns, or a failure when the configuration is wrong.
int RunServe(const ServeArguments& arguments, const std::function<int(const LoadedConfig&)>& serve,
             const Console& console);

}  // namespace arc
