// Reads one stored file to its end and compares it with what is known of it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::integrity {

// Called before so many bytes are read; may wait. False: stop.
using Pace = std::function<bool(std::uint64_t byte_count)>;

// Where a file of the catalog lies.
std::string FullPath(const std::string& root, const std::string& path);

// Size, footer, and every byte: against the block checksums, or, for files that have none (adopted,
// or written by an older server), against the checksum of the whole in the catalog. Needs a
// mebibyte of memory and the footer.
// Fails with kNotFound when the file is not there, kCorruptData when it is not as it was written,
// kStorageFailed when the disk refuses, kCancelled when `pace` says stop.
Result<void> VerifyFile(fs::FileSystem& file_system, const std::string& root,
                        const catalog::FileEntry& entry, const Pace& pace);

// The size alone. Fails as VerifyFile.
Result<void> LookAtFile(fs::FileSystem& file_system, const std::string& root,
                        const catalog::FileEntry& entry);

}  // namespace arc::integrity
