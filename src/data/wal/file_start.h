// The headers at the beginning of a file of the log.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/wal/file_window.h"
#include "data/wal/format.h"
#include "foundation/base/result.h"

namespace arc::wal {

struct FileStart {
  std::optional<FileHeader> header;  // nothing when it is lost or was never written
  bool is_unused = false;  // no header, and nothing was ever written under this name: a fresh spare
};

// `number` and `path` are those of the file's name. Fails with kStorageFailed on a file that a
// newer server wrote.
Result<FileStart> ReadFileStart(FileWindow& file, FileKind kind, std::uint64_t number,
                                const std::string& path);

}  // namespace arc::wal
