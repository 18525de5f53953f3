#include "data/wal/file_start.h"

#include <string_view>

namespace arc::wal {

Result<FileStart> ReadFileStart(FileWindow& file, FileKind kind, std::uint64_t number,
                                const std::string& path) {
  const auto bytes = TRY(file.View(0, kGroupsOffset + kGroupHeaderBytes));
  bool is_other = false;
  for (const auto offset : {std::size_t{0}, kSecondHeaderOffset}) {
    if (offset >= bytes.size()) continue;
    const auto decoded = DecodeFileHeader(bytes.substr(offset));
    if (!decoded) continue;
    if (decoded->version > kFormatVersion) {
      return Error{ErrorCode::kStorageFailed,
                   "the write-ahead log was written by a newer server: use that one",
                   path + " has format " + std::to_string(decoded->version)};
    }
    if (decoded->header.kind == kind && decoded->header.number == number) {
      return FileStart{.header = decoded->header};
    }
    is_other = true;
  }
  if (bytes.size() >= kGroupsOffset) {
    if (auto rescued = FileHeaderFromGroup(number, bytes.substr(kGroupsOffset))) {
      rescued->kind = kind;
      if (kind == FileKind::kCheckpoint) rescued->previous = Lsn{number};
      return FileStart{.header = rescued};
    }
  }
  const bool is_empty = bytes.find_first_not_of('\0') == std::string_view::npos;
  return FileStart{.header = std::nullopt, .is_unused = is_other || is_empty};
}

}  // namespace arc::wal
