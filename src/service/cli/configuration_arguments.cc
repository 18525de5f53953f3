#include "service/cli/configuration_arguments.h"

#include <vector>

#include <CLI/CLI.hpp>

namespace arc::cli {

void AddConfigurationOptions(CLI::App& command, ConfigurationArguments& arguments) {
  command.add_option("--config", arguments.config_file,
                     "Configuration file (default: the first of ./arc.toml, /etc/arc/arc.toml, "
                     "~/.arc/arc.toml)");
  const auto add = [&](const char* flag, const char* key, const char* description) {
    command.add_option_function<std::string>(
        flag, [&arguments, key](const std::string& value) { arguments.flags[key] = value; },
        description);
  };
  add("--host", "server.host", "Address to listen on");
  add("--port", "server.port", "Port to listen on; 0 takes a free one");
  add("--data-dir", "storage.data_directory", "Where everything is kept");
  add("--log-level", "log.level", "debug, info, warn or error");
  command
      .add_option_function<std::vector<std::string>>(
          "--set",
          [&arguments](const std::vector<std::string>& settings) {
            for (const auto& setting : settings) {
              const auto equals = setting.find('=');
              arguments.flags[setting.substr(0, equals)] = setting.substr(equals + 1);
            }
          },
          "Any other setting, as section.key=value; may be repeated")
      ->check([](const std::string& setting) {
        return setting.find('=') == setting.npos ? "expected section.key=value" : "";
      })
      ->allow_extra_args(false);
}

Result<config::LoadedConfig> LoadConfiguration(const ConfigurationArguments& arguments,
                                               const Console& console) {
  config::ConfigSources sources;
  if (!arguments.config_file.empty()) sources.file = arguments.config_file;
  sources.search_path = config::DefaultSearchPath(console.environment);
  sources.environment = console.environment;
  sources.flags = arguments.flags;
  return config::LoadConfig(sources);
}

}  // namespace arc::cli
