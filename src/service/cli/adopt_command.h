// `arc catalog adopt`: takes the Parquet files of another Arc server into the catalog, where they
// lie.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "service/cli/configuration_arguments.h"
#include "service/cli/console.h"

namespace arc::cli {

// What was done, or was done so far.
struct AdoptedCounts {
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t known = 0;    // files that were in the catalog already
  std::uint64_t refused = 0;  // files and folders
};

// Does the work, without a server. Tells of each file that is refused and, now and then, how far it
// is.
using AdoptHook = std::function<Result<AdoptedCounts>(
    const config::LoadedConfig& loaded, const std::string& folder,
    const std::function<void(std::string_view path, std::string_view reason)>& on_refused,
    const std::function<void(const AdoptedCounts&)>& on_progress)>;

// Returns how the process ends: a failure too when anything was refused.
int RunAdopt(const ConfigurationArguments& arguments, const std::string& folder,
             const AdoptHook& adopt, const Console& console);

}  // namespace arc::cli
