#include "data/files/file_checksum.h"

#include <string>
#include <string_view>

#include "foundation/base/crc32c.h"

namespace arc::files {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

}  // namespace

Result<std::optional<std::uint32_t>> ChecksumOf(fs::ReadFile& file) {
  std::string piece(kPieceBytes, '\0');
  std::uint32_t checksum = 0;
  for (std::uint64_t offset = 0; offset < file.byte_count();) {
    const auto count = TRY(file.ReadAt(offset, piece));
    if (count == 0) return std::optional<std::uint32_t>();
    checksum = Crc32c(checksum, std::string_view(piece).substr(0, count));
    offset += count;
  }
  return std::optional<std::uint32_t>(checksum);
}

}  // namespace arc::files
