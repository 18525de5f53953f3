// The names of the log's files, and what lies in its folder.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/fs/file_system.h"
#include "foundation/model/lsn.h"

namespace arc::wal {

std::string SegmentName(std::uint64_t number);
std::string CheckpointName(Lsn last_lsn);
std::string SpareName(std::uint64_t number);
// While it is written.
std::string CheckpointTemporaryName(Lsn last_lsn);

inline constexpr std::string_view kQuarantine = "quarantine";

// What the name of a segment or a finished checkpoint says; nothing for other names.
struct LogFileName {
  bool is_segment = false;
  std::uint64_t number = 0;
};
std::optional<LogFileName> ParseLogFileName(std::string_view name);

// The files of ours, in the order of their numbers. Other names are left alone.
struct LogFiles {
  std::vector<std::uint64_t> segments;
  std::vector<std::uint64_t> checkpoints;
  std::vector<std::string> temporary;  // spares and unfinished checkpoints
};
Result<LogFiles> ListLogFiles(fs::FileSystem& file_system, const std::string& directory);

}  // namespace arc::wal
