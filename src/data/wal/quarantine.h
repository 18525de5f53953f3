// Sets bytes aside that could not be read, for a person to look at.

#pragma once

#include <cstdint>
#include <string>

#include "data/wal/file_window.h"
#include "foundation/fs/file_system.h"

namespace arc::wal {

// Copies the bytes from `begin` to `end` of `file`, without zeros at their end, to
// `<directory>/quarantine/<place>-<begin>.bin`, durably. Does nothing when that file is there from
// an earlier start. Returns its path; empty when there were only zeros.
Result<std::string> SaveToQuarantine(fs::FileSystem& file_system, const std::string& directory,
                                     const std::string& place, FileWindow& file,
                                     std::uint64_t begin, std::uint64_t end);

}  // namespace arc::wal
