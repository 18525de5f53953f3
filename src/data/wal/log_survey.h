// What a log holds, for one who must not change it: `arc verify` without a server.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/wal/log_extent.h"
#include "data/wal/recovery.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::wal {

// Which records the log in `directory` lacks: at its beginning and at its end, as far as `expected`
// tells (nothing there when it is not known), and between two segments. Reads headers and changes
// nothing. Records of a damaged group do not count as missing: Dump and Recover report those.
Result<std::vector<MissingRecords>> SurveyLog(fs::FileSystem& file_system,
                                              const std::string& directory,
                                              const std::optional<LogExtent>& expected);

}  // namespace arc::wal
