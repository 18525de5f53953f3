#include "data/wal/format.h"

#include <bit>
#include <cstring>
#include <random>

#include "foundation/base/crc32c.h"

namespace arc::wal {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

constexpr std::string_view kMagic{"ARCWAL1", 8};  // with the 0 at its end

template <class Number>
void Put(char* header, std::size_t offset, Number number) {
  std::memcpy(header + offset, &number, sizeof number);
}

template <class Number>
Number Get(std::string_view header, std::size_t offset) {
  Number number;
  std::memcpy(&number, header.data() + offset, sizeof number);
  return number;
}

// The checksum is the last number of every header, over all before it.
void PutChecksum(char* header, std::size_t byte_count) {
  const auto offset = byte_count - sizeof(std::uint32_t);
  Put(header, offset, Crc32c(0, {header, offset}));
}

bool HasChecksum(std::string_view bytes, std::size_t byte_count) {
  const auto offset = byte_count - sizeof(std::uint32_t);
  return Get<std::uint32_t>(bytes, offset) == Crc32c(0, bytes.substr(0, offset));
}

}  // namespace

std::uint64_t DrawMark() {
  std::random_device source;
  std::uint64_t mark = 0;
  // 0 and its complement stand in every file that was filled with zeros or erased.
  while (mark == 0 || RecordMark(mark) == 0) {
    mark = std::uint64_t{source()} << 32 | source();
  }
  return mark;
}

std::string EncodeFileStart(const FileHeader& header) {
  std::string bytes(kGroupsOffset, '\0');
  char* first = bytes.data();
  std::memcpy(first, kMagic.data(), kMagic.size());
  Put(first, 8, kFormatVersion);
  Put(first, 12, static_cast<std::uint32_t>(header.kind));
  Put(first, 16, header.number);
  Put(first, 24, header.mark);
  Put(first, 32, ToNumber(header.previous));
  PutChecksum(first, kFileHeaderBytes);
  std::memcpy(first + kSecondHeaderOffset, first, kFileHeaderBytes);
  return bytes;
}

void EncodeGroupHeader(const FileHeader& file, const GroupHeader& header, char* target) {
  std::memset(target, 0, kGroupHeaderBytes);
  Put(target, 0, file.mark);
  Put(target, 8, file.number);
  Put(target, 16, ToNumber(header.previous));
  Put(target, 24, ToNumber(header.last));
  Put(target, 32, ToNumber(header.durable));
  Put(target, 40, header.byte_count);
  Put(target, 48, header.record_count);
  PutChecksum(target, kGroupHeaderBytes);
}

void EncodeRecordHeader(const FileHeader& file, const RecordHeader& header, char* target) {
  std::memset(target, 0, kRecordHeaderBytes);
  Put(target, 0, RecordMark(file.mark));
  Put(target, 8, ToNumber(header.lsn));
  Put(target, 16, header.byte_count);
  Put(target, 20, header.checksum);
  Put(target, 24, header.type);
  PutChecksum(target, kRecordHeaderBytes);
}

std::optional<DecodedFileHeader> DecodeFileHeader(std::string_view bytes) {
  if (bytes.size() < kFileHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  if (!HasChecksum(bytes, kFileHeaderBytes)) return std::nullopt;
  return DecodedFileHeader{.version = Get<std::uint32_t>(bytes, 8),
                           .header = {.kind = static_cast<FileKind>(Get<std::uint32_t>(bytes, 12)),
                                      .number = Get<std::uint64_t>(bytes, 16),
                                      .mark = Get<std::uint64_t>(bytes, 24),
                                      .previous = Lsn{Get<std::uint64_t>(bytes, 32)}}};
}

std::optional<GroupHeader> DecodeGroupHeader(const FileHeader& file, std::string_view bytes) {
  if (bytes.size() < kGroupHeaderBytes || Get<std::uint64_t>(bytes, 0) != file.mark ||
      Get<std::uint64_t>(bytes, 8) != file.number || !HasChecksum(bytes, kGroupHeaderBytes)) {
    return std::nullopt;
  }
  return GroupHeader{.previous = Lsn{Get<std::uint64_t>(bytes, 16)},
                     .last = Lsn{Get<std::uint64_t>(bytes, 24)},
                     .durable = Lsn{Get<std::uint64_t>(bytes, 32)},
                     .byte_count = Get<std::uint64_t>(bytes, 40),
                     .record_count = Get<std::uint32_t>(bytes, 48)};
}

std::optional<RecordHeader> DecodeRecordHeader(const FileHeader& file, std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes || Get<std::uint64_t>(bytes, 0) != RecordMark(file.mark) ||
      !HasChecksum(bytes, kRecordHeaderBytes)) {
    return std::nullopt;
  }
  return RecordHeader{.lsn = Lsn{Get<std::uint64_t>(bytes, 8)},
                      .byte_count = Get<std::uint32_t>(bytes, 16),
                      .checksum = Get<std::uint32_t>(bytes, 20),
                      .type = Get<std::uint8_t>(bytes, 24)};
}

std::optional<FileHeader> FileHeaderFromGroup(std::uint64_t number, std::string_view group_bytes) {
  if (group_bytes.size() < kGroupHeaderBytes) return std::nullopt;
  FileHeader file{.number = number, .mark = Get<std::uint64_t>(group_bytes, 0)};
  const auto group = DecodeGroupHeader(file, group_bytes);
  if (!group) return std::nullopt;
  file.previous = group->previous;
  return file;
}

}  // namespace arc::wal
