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

// Called for each file, or folder with all its contents, that cannot be adopted, with the reason.
// `path` is below the folder.
using OnRefused = std::function<void(std::string_view path, const Error& why)>;

// A file of a measurement, by its name alone.
struct AdoptionCandidate {
  std::string path;  // below the folder
  std::uint64_t byte_count = 0;
};

// Called once for each measurement that has candidates. Databases and measurements come in the
// order of their names, files in the order of their paths. A failure ends the walk.
using OnMeasurement =
    std::function<Result<void>(const MeasurementName& name, std::vector<AdoptionCandidate> files)>;

// Names that begin with '.' or '_' are skipped: other Arc servers use them for temporary files and
// state. Files with a name like our own files are refused, or skipped when `has_own_files`. Fails
// with kInvalidInput when an Arc server stopped in the middle of a compaction, because rows are
// then in two files; or as listing `folder` fails.
Result<void> WalkForAdoption(fs::FileSystem& file_system, const std::string& folder,
                             bool has_own_files, const OnRefused& on_refused,
                             const OnMeasurement& on_measurement);

}  // namespace arc::adoption
