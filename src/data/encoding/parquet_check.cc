#include "data/encoding/parquet_check.h"

#include <fmt/format.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <exception>
#include <string_view>

#include "data/integrity/block_checksums.h"
#include "foundation/base/crc32c.h"

namespace arc::encoding {
namespace {

constexpr std::string_view kMagic = "PAR1";
using integrity::kFooterTailBytes;
// How much of the end is read at first: all of a small file, the whole footer of most others.
constexpr std::size_t kFirstReadBytes = std::size_t{32} << 10;

Error Damaged(const std::string& path, std::string_view what) {
  return {ErrorCode::kCorruptData, "a Parquet file does not read back as it was written",
          fmt::format("{}: {}", path, what)};
}

Result<std::string> ReadRange(fs::ReadFile& file, std::uint64_t offset, std::size_t byte_count) {
  std::string bytes(byte_count, '\0');
  bytes.resize(TRY(file.ReadAt(offset, bytes)));
  return bytes;
}

Result<std::string> ReadEnd(fs::ReadFile& file, std::uint64_t byte_count) {
  auto end =
      TRY(ReadRange(file, file.byte_count() - byte_count, static_cast<std::size_t>(byte_count)));
  if (end.size() == byte_count) return end;
  return Error{ErrorCode::kCorruptData, "a Parquet file became shorter while it was checked"};
}

Result<std::int64_t> RowCountOfFooter(std::string_view footer, const std::string& path) {
  try {
    const auto length = static_cast<std::int64_t>(footer.size());
    return parquet::FileMetaData::Make(footer.data(), length)->num_rows();
  } catch (const std::exception& exception) {
    return Damaged(path, exception.what());
  }
}

}  // namespace

Result<void> CheckParquetFile(fs::FileSystem& file_system, const std::string& path,
                              const catalog::FileEntry& entry) {
  const auto file = TRY(file_system.Open(path));
  const auto byte_count = entry.byte_count;
  if (file->byte_count() != byte_count) {
    return Damaged(path, fmt::format("{} bytes instead of {}", file->byte_count(), byte_count));
  }
  if (byte_count < kMagic.size() + kFooterTailBytes) return Damaged(path, "too short");
  auto end = TRY(ReadEnd(*file, std::min<std::uint64_t>(byte_count, kFirstReadBytes)));
  const auto footer_bytes = integrity::FooterBytesOf(end);
  if (!footer_bytes) return Damaged(path, "wrong magic at the end");
  if (*footer_bytes + kMagic.size() > byte_count)
    return Damaged(path, "footer longer than the file");
  if (*footer_bytes > end.size()) end = TRY(ReadEnd(*file, *footer_bytes));
  const bool is_whole = end.size() == byte_count;
  const auto begin =
      is_whole ? end.substr(0, kMagic.size()) : TRY(ReadRange(*file, 0, kMagic.size()));
  if (begin != kMagic) return Damaged(path, "wrong magic");
  auto footer = std::string_view(end).substr(end.size() - *footer_bytes);
  if (footer.size() != entry.footer_bytes || Crc32c(0, footer) != entry.footer_checksum) {
    return Damaged(path, "another footer");
  }
  footer.remove_suffix(kFooterTailBytes);
  const auto rows_found = TRY(RowCountOfFooter(footer, path));
  if (static_cast<std::uint64_t>(rows_found) == entry.row_count) return {};
  return Damaged(path, fmt::format("{} rows instead of {}", rows_found, entry.row_count));
}

}  // namespace arc::encoding
