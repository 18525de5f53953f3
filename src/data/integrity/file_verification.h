// Reads one stored file to its end and compares it with what the catalog knows about it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "data/catalog/file_entry.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"

namespace arc::integrity {

// Called before `byte_count` bytes are read; may wait. False: stop.
using Pace = std::function<bool(std::uint64_t byte_count)>;

// Where a file of the catalog lies.
std::string FullPath(const std::string& root, const std::string& path);

// Checks the size, the footer and every byte: with the block checksums, or, if the file has no such
// checksums (adopted, or written by an older server), with the catalog's checksum of the whole
// file. Needs 1 MiB of memory, and memory for the footer.
// Fails with kNotFound when the file is missing, kCorruptData when it is not as it was written,
// kStorageFailed when the disk refuses, kCancelled when `pace` says stop.
Result<void> VerifyFile(fs::FileSystem& file_system, const std::string& root,
                        const catalog::FileEntry& entry, const Pace& pace);

// Checks only that the file exists and has its size. Fails as VerifyFile.
Result<void> LookAtFile(fs::FileSystem& file_system, const std::string& root,
                        const catalog::FileEntry& entry);

}  // namespace arc::integrity
