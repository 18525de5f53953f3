#include "service/cli/serve_command.h"

#include "service/cli/command_line.h"

namespace arc::cli {

int RunServe(const ConfigurationArguments& arguments,
             const std::function<int(const config::LoadedConfig&)>& serve, const Console& console) {
  const auto loaded = LoadConfiguration(arguments, console);
  if (loaded.ok()) return serve(loaded.value());
  console.err << "arc: " << loaded.error().message << '\n';
  return kExitFailure;
}

}  // namespace arc::cli
