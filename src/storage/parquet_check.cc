#include "storage/parquet_check.h"

#include <fmt/format.h>
#include <parquet/metadata.h>

#include <exception>
#include <string_view>

namespace arc::storage {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::size_t kFooterTailBytes = 8;  // length of the footer, magic

Error Damaged(const std::string& path, std::string_view what) {
  return {ErrorCode::kCorruptData, "a Parquet file does not read back as it was written",
          fmt::format("{}: {}", path, what)};
}

Result<std::string> ReadRange(fs::ReadFile& file, std::uint64_t offset, std::size_t byte_count) {
  std::string bytes(byte_count, '\0');
  bytes.resize(TRY(file.ReadAt(offset, bytes)));
  return bytes;
}

Result<std::int64_t> RowCountOfFooter(const std::string& footer, const std::string& path) {
  try {
    const auto length = static_cast<std::int64_t>(footer.size());
    return parquet::FileMetaData::Make(footer.data(), length)->num_rows();
  } catch (const std::exception& exception) {
    return Damaged(path, exception.what());
  }
}

std::uint32_t LittleEndian32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; i++) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

}  // namespace

Result<void> CheckParquetFile(fs::FileSystem& file_system, const std::string& path,
                              std::uint64_t byte_count, std::uint64_t row_count) {
  const auto file = TRY(file_system.Open(path));
  if (file->byte_count() != byte_count) {
    return Damaged(path, fmt::format("{} bytes instead of {}", file->byte_count(), byte_count));
  }
  if (byte_count < kMagic.size() + kFooterTailBytes) return Damaged(path, "too short");
  if (TRY(ReadRange(*file, 0, kMagic.size())) != kMagic) return Damaged(path, "wrong magic");
  const auto tail = TRY(ReadRange(*file, byte_count - kFooterTailBytes, kFooterTailBytes));
  if (!tail.ends_with(kMagic)) return Damaged(path, "wrong magic at the end");
  const std::uint64_t footer_bytes = LittleEndian32(tail);
  if (footer_bytes + kMagic.size() + kFooterTailBytes > byte_count) {
    return Damaged(path, "footer longer than the file");
  }
  const auto footer = TRY(ReadRange(*file, byte_count - kFooterTailBytes - footer_bytes,
                                    static_cast<std::size_t>(footer_bytes)));
  const auto rows_found = TRY(RowCountOfFooter(footer, path));
  if (static_cast<std::uint64_t>(rows_found) == row_count) return {};
  return Damaged(path, fmt::format("{} rows instead of {}", rows_found, row_count));
}

}  // namespace arc::storage
