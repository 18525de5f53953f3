// `arc config`: what the server would run with, and what is wrong with a configuration file.

#pragma once

#include <string>

#include "service/cli/configuration_arguments.h"
#include "service/cli/console.h"

namespace arc::cli {

// Writes every key with its value and where that comes from, as a TOML file. Warnings and mistakes
// go to standard error. Returns how the process ends.
int RunConfig(const ConfigurationArguments& arguments, const Console& console);

// Reads the file alone, without environment and flags, and names everything wrong in it.
int RunConfigCheck(const std::string& file, const Console& console);

}  // namespace arc::cli
