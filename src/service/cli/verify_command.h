// `arc verify`: compares what is stored with what was written, in a data directory that no server
// uses, or through the server that does.

#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "foundation/base/result.h"
#include "service/cli/client_connection.h"
#include "service/cli/configuration_arguments.h"
#include "service/cli/console.h"

namespace arc::cli {

struct VerifyArguments {
  bool is_online = false;  // --url: through the server
  ConnectionArguments connection;
  ConfigurationArguments configuration;
};

// What was done, or was done so far.
struct VerifiedCounts {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t damaged = 0;
};

// Does the work without a server. Tells of each thing that is wrong and, after each file, how far
// it is.
using VerifyHook = std::function<Result<VerifiedCounts>(
    const config::LoadedConfig& loaded,
    const std::function<void(std::string_view what, std::string_view why)>& on_damage,
    const std::function<void(const VerifiedCounts&)>& on_progress)>;

// Returns how the process ends: a failure too when anything is damaged.
int RunVerify(const VerifyArguments& arguments, const VerifyHook& verify, const Console& console);

}  // namespace arc::cli
