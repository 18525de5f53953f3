#include "cli/serve_command.h"

#include "cli/command_line.h"

namespace arc {

int RunServe(const ServeArguments& arguments, const std::function<int(const LoadedConfig&)>& serve,
             const Console& console) {
  ConfigSources sources;
  if (!arguments.config_file.empty()) sources.file = arguments.config_file;
  sources.search_path = DefaultSearchPath(console.environment);
  sources.environment = console.environment;
  sources.flags = arguments.flags;
  const auto loaded = LoadConfig(sources);
  if (!loaded.ok()) {
    console.err << "arc: " << loaded.error().message << '\n';
    return kExitFailure;
  }
  return serve(loaded.value());
}

}  // namespace arc
