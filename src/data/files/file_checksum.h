// CRC-32C of a whole file, read in pieces.

#pragma once

#include <cstdint>
#include <optional>

#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::files {

// Nothing when the file became shorter while it was read; what that means, the caller knows. Fails
// with what reading fails with.
Result<std::optional<std::uint32_t>> ChecksumOf(fs::ReadFile& file);

}  // namespace arc::files
