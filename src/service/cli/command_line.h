// The subcommands of the `arc` binary: docs/command-line.md lists them.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/cli/adopt_command.h"
#include "service/cli/console.h"
#include "service/cli/rebuild_command.h"
#include "service/cli/verify_command.h"
#include "service/config/load_config.h"

namespace arc::cli {

// How the process ends.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;  // What was asked for did not work.
inline constexpr int kExitUsage = 2;    // The command line cannot be understood.

// What only main() can bring together.
struct CommandHooks {
  // Runs the server until it is told to stop; returns how the process ends. The configuration's
  // warnings are for its log.
  std::function<int(const config::LoadedConfig&)> serve;
  AdoptHook adopt;
  RebuildHook rebuild;
  VerifyHook verify;
  // Further lines of `arc version`, such as "DuckDB 1.5.6".
  std::vector<std::string> version_lines;
};

// Does what the command line says and returns how the process ends. Blocks until it is done.
int RunCommandLine(int argc, char** argv, const CommandHooks& hooks);

// The same on other streams, for tests.
int RunCommandLine(int argc, const char* const* argv, const CommandHooks& hooks,
                   const Console& console);

}  // namespace arc::cli
