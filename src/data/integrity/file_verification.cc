#include "data/integrity/file_verification.h"

#include <algorithm>
#include <memory>
#include <span>

#include "data/integrity/block_checksums.h"
#include "data/integrity/file_checks.h"
#include "foundation/base/crc32c.h"

namespace arc::integrity {
namespace {

constexpr std::size_t kPieceBytes = 16 * kBlockBytes;

Result<FileChecks> Load(fs::ReadFile& file, const catalog::FileEntry& entry) {
  return FileChecks::Load(ExpectedOf(entry), file.byte_count(),
                          [&file](std::uint64_t offset, std::span<char> target) {
                            return ReadFully(file, offset, target);
                          });
}

}  // namespace

std::string FullPath(const std::string& root, const std::string& path) {
  return path.starts_with('/') ? path : root + "/" + path;
}

Result<void> VerifyFile(fs::FileSystem& file_system, const std::string& root,
                        const catalog::FileEntry& entry, const Pace& pace) {
  const auto file = TRY(file_system.Open(FullPath(root, entry.path)));
  const auto checks = TRY(Load(*file, entry));
  const auto end = checks.has_blocks() ? checks.footer_offset() : checks.byte_count();
  std::string piece(std::min<std::uint64_t>(kPieceBytes, end), '\0');
  std::uint32_t checksum = 0;
  for (std::uint64_t offset = 0; offset < end; offset += piece.size()) {
    piece.resize(std::min<std::uint64_t>(piece.size(), end - offset));
    if (!pace(piece.size())) return Error{ErrorCode::kCancelled, "the verification was stopped"};
    TRY(ReadFully(*file, offset, piece));
    if (checks.has_blocks()) {
      TRY(checks.CheckBlocks(offset / kBlockBytes, piece));
    } else {
      checksum = Crc32c(checksum, piece);
    }
  }
  if (checks.has_blocks() || checksum == entry.checksum) return {};
  return Error{ErrorCode::kCorruptData, "its bytes do not have the checksum in the catalog"};
}

Result<void> LookAtFile(fs::FileSystem& file_system, const std::string& root,
                        const catalog::FileEntry& entry) {
  const auto file = TRY(file_system.Open(FullPath(root, entry.path)));
  auto expected = ExpectedOf(entry);
  expected.footer_bytes = 0;  // not read
  return FileChecks::Load(expected, file->byte_count(), {}).ok()
             ? Result<void>()
             : Error{ErrorCode::kCorruptData, "it has another size than was written"};
}

}  // namespace arc::integrity
