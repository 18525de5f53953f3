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

// Records that the log in the folder should have and has not, oldest first: at its beginning and
// end, where `expected`, which was remembered outside, tells of them (FindMissing; nothing of these
// when nobody remembers), and between two segments. What lies in a group that is not sound counts
// as there: Dump() shows that one. No folder is a log without records. Changes nothing. Fails when
// a file cannot be read, or is of a newer server.
Result<std::vector<MissingRecords>> SurveyLog(fs::FileSystem& file_system,
                                              const std::string& directory,
                                              const std::optional<LogExtent>& expected);

}  // namespace arc::wal
