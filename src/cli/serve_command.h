// `arc serve`: finds the configuration and hands it to the server.

#pragma once

#include <functional>

#include "cli/configuration_arguments.h"
#include "cli/console.h"

namespace arc {

// Returns how the process ends: what `serve` returns, or a failure when the configuration is wrong.
int RunServe(const ConfigurationArguments& arguments,
             const std::function<int(const LoadedConfig&)>& serve, const Console& console);

}  // namespace arc
