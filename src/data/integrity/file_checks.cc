#include "data/integrity/file_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/integrity/block_checksums.h"
#include "foundation/base/crc32c.h"

namespace arc::integrity {

ExpectedFile ExpectedOf(const catalog::FileEntry& entry) {
  return {entry.byte_count, entry.footer_bytes, entry.footer_checksum};
}

Result<void> ReadFully(fs::ReadFile& file, std::uint64_t offset, std::span<char> target) {
  if (TRY(file.ReadAt(offset, target)) == target.size()) return {};
  return Error{ErrorCode::kCorruptData, "it became shorter while it was read"};
}

Result<void> SumFooter(fs::ReadFile& file, catalog::FileEntry& entry) {
  std::string end(std::min<std::uint64_t>(kFooterTailBytes, file.byte_count()), '\0');
  TRY(file.ReadAt(file.byte_count() - end.size(), end));
  const auto footer_bytes = FooterBytesOf(end);
  if (!footer_bytes || *footer_bytes > file.byte_count() || *footer_bytes > UINT32_MAX) {
    return Error{ErrorCode::kUnprocessable, "the file does not end with a Parquet footer"};
  }
  std::string footer(*footer_bytes, '\0');
  TRY(file.ReadAt(file.byte_count() - footer.size(), footer));
  entry.footer_bytes = static_cast<std::uint32_t>(footer.size());
  entry.footer_checksum = Crc32c(0, footer);
  return {};
}

Result<FileChecks> FileChecks::Load(const ExpectedFile& expected, std::uint64_t byte_count,
                                    const ReadAt& read_at) {
  FileChecks checks;
  checks.byte_count_ = byte_count;
  if (byte_count != expected.byte_count) {
    return Error{ErrorCode::kCorruptData,
                 fmt::format("it has {} bytes instead of {}", byte_count, expected.byte_count)};
  }
  if (expected.footer_bytes == 0) return checks;
  if (expected.footer_bytes > byte_count) {
    return Error{ErrorCode::kCorruptData, "the catalog knows a footer longer than the file"};
  }
  checks.footer_.resize(expected.footer_bytes);
  TRY(read_at(byte_count - expected.footer_bytes, checks.footer_));
  if (Crc32c(0, checks.footer_) != expected.footer_checksum) {
    return Error{ErrorCode::kCorruptData,
                 "its footer is damaged, or that of another file put in its place"};
  }
  checks.block_checksums_ =
      TRY(BlockChecksumsIn(checks.footer_, byte_count - expected.footer_bytes));
  return checks;
}

Result<void> FileChecks::CheckBlocks(std::uint64_t first_block, std::string_view bytes) const {
  for (auto block = first_block; !bytes.empty(); block++) {
    const auto part = bytes.substr(0, kBlockBytes);
    if (Crc32c(0, part) != (*block_checksums_)[block]) {
      return Error{ErrorCode::kCorruptData,
                   fmt::format("block {} of {}, bytes {} to {}, is not as it was written",
                               block + 1, block_checksums_->size(), block * kBlockBytes,
                               block * kBlockBytes + part.size() - 1)};
    }
    bytes.remove_prefix(part.size());
  }
  return {};
}

}  // namespace arc::integrity
