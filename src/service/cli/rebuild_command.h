// `arc catalog rebuild`: a new catalog of the data files, for a server that has lost its own.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "foundation/base/result.h"
#include "service/cli/configuration_arguments.h"
#include "service/cli/console.h"

namespace arc::cli {

struct RebuildArguments {
  ConfigurationArguments configuration;
  bool is_replacing = false;
};

// What was done.
struct RebuiltCounts {
  std::uint64_t measurements = 0;
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t import_files = 0;
  std::uint64_t files_in_log = 0;
  std::uint64_t foreign_files = 0;
  std::uint64_t remarks = 0;  // files that are not in the catalog, and flushes that lack some
  std::string kept_as;        // the old catalog
};

// Does the work, without a server. Tells of each file that is left out and, now and then, how far
// it is.
using RebuildHook = std::function<Result<RebuiltCounts>(
    const config::LoadedConfig& loaded, bool is_replacing,
    const std::function<void(std::string_view path, std::string_view reason)>& on_remark,
    const std::function<void(std::uint64_t files, std::uint64_t bytes)>& on_progress)>;

// Returns how the process ends: a failure too when there was a remark.
int RunRebuild(const RebuildArguments& arguments, const RebuildHook& rebuild,
               const Console& console);

}  // namespace arc::cli
