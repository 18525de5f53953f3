#include "cli/serve_command.h"

#include "cli/command_line.h"

namespace arc {

int RunServe(const ConfigurationArguments& arguments,
             const std::function<int(const LoadedConfig&)>& serve, const Console& console) {
  const auto loaded = LoadConfiguration(arguments, console);
  if (loaded.ok()) return serve(loaded.value());
  console.err << "arc: " << loaded.error().message << '\n';
  return kExitFailure;
}

}  // namespace arc
