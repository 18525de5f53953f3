// `arc serve`: finds the configuration and hands it to the server.

#pragma once

#include <functional>

#include "service/cli/configuration_arguments.h"
#include "service/cli/console.h"

namespace arc::cli {

// Returns how the process ends: what `serve` returns, or a failure when the configuration is wrong.
int RunServe(const ConfigurationArguments& arguments,
             const std::function<int(const config::LoadedConfig&)>& serve, const Console& console);

}  // namespace arc::cli
