// The headers of the log's files as values, and their bytes: docs/formats/wal.md.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/wal/log_record.h"

namespace arc::wal {

inline constexpr std::size_t kFileHeaderBytes = 64;
inline constexpr std::size_t kSecondHeaderOffset = 2048;
inline constexpr std::size_t kGroupsOffset = 4096;  // one page: headers share none with groups
inline constexpr std::size_t kGroupHeaderBytes = 64;
inline constexpr std::size_t kRecordHeaderBytes = 32;
inline constexpr std::size_t kAlignment = 8;
inline constexpr std::uint32_t kFormatVersion = 1;

enum class FileKind : std::uint32_t { kSegment = 1, kCheckpoint = 2 };

struct FileHeader {
  FileKind kind = FileKind::kSegment;
  std::uint64_t number = 0;
  std::uint64_t mark = 0;
  Lsn previous{};
};

struct GroupHeader {
  Lsn previous{};
  Lsn last{};
  Lsn durable{};
  std::uint64_t byte_count = 0;
  std::uint32_t record_count = 0;
};

struct RecordHeader {
  Lsn lsn{};
  std::uint32_t byte_count = 0;
  std::uint32_t checksum = 0;
  std::uint8_t type = 0;
};

// The bytes of a payload with the zeros behind it.
constexpr std::uint64_t Padded(std::uint64_t byte_count) {
  return (byte_count + kAlignment - 1) / kAlignment * kAlignment;
}
constexpr std::uint64_t RecordMark(std::uint64_t mark) { return ~mark; }

// A mark nobody can guess, from the system's source of randomness.
std::uint64_t DrawMark();

// The first kGroupsOffset bytes of a file: both headers.
std::string EncodeFileStart(const FileHeader& header);
// `target` has room for kGroupHeaderBytes or kRecordHeaderBytes.
void EncodeGroupHeader(const FileHeader& file, const GroupHeader& header, char* target);
void EncodeRecordHeader(const FileHeader& file, const RecordHeader& header, char* target);

struct DecodedFileHeader {
  std::uint32_t version = 0;
  FileHeader header;  // when the version is ours
};
// Each takes bytes that begin with the header. Nothing when they are too few or damaged, or, for
// groups and records, of another file.
std::optional<DecodedFileHeader> DecodeFileHeader(std::string_view bytes);
std::optional<GroupHeader> DecodeGroupHeader(const FileHeader& file, std::string_view bytes);
std::optional<RecordHeader> DecodeRecordHeader(const FileHeader& file, std::string_view bytes);

// When both headers are lost: what the group header at kGroupsOffset of segment `number` says.
std::optional<FileHeader> FileHeaderFromGroup(std::uint64_t number, std::string_view group_bytes);

}  // namespace arc::wal
