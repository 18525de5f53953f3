// Finds the Parquet files below a folder that another Arc server has filled:
// DATABASE/MEASUREMENT/YYYY/MM/DD[/HH]/*.parquet.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/model/names.h"

namespace arc::adoption {

// Told of each file, or folder with all that is in it, that cannot be adopted, and why. `path` is
// below the folder.
using OnRefused = std::function<void(std::string_view path, const Error& why)>;

// A file of a measurement, by its name alone.
struct AdoptionCandidate {
  std::string path;  // below the folder
  std::uint64_t byte_count = 0;
};

// Called once for each measurement that has candidates, databases and measurements in order of
// their names, files in order of their paths. A failure ends the walk.
using OnMeasurement =
    std::function<Result<void>(const TableName& name, std::vector<AdoptionCandidate> files)>;

// What begins with '.' or '_' is passed over: other Arc servers keep temporary files and state
// under such names. Files with the name of a file of ours are refused, or passed over when
// `has_own_files`. Fails with kInvalidInput when an Arc server stopped in the middle of a
// compaction: then rows are in two files; with what listing `folder` fails with.
Result<void> WalkForAdoption(fs::FileSystem& file_system, const std::string& folder,
                             bool has_own_files, const OnRefused& on_refused,
                             const OnMeasurement& on_measurement);

}  // namespace arc::adoption
