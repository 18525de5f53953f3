#include "data/wal/group_reader.h"

#include <algorithm>
#include <cstring>

#include "foundation/base/crc32c.h"

namespace arc::wal {
namespace {

constexpr std::uint64_t kScanBytes = std::uint64_t{1} << 20;  // a view of a search; arbitrary

// The record at the beginning of `bytes`, which may go on behind it.
std::optional<FoundRecord> DecodeRecord(const FileHeader& file, std::string_view bytes) {
  const auto header = DecodeRecordHeader(file, bytes);
  if (!header || kRecordHeaderBytes + Padded(header->byte_count) > bytes.size()) {
    return std::nullopt;
  }
  const auto payload = bytes.substr(kRecordHeaderBytes, header->byte_count);
  if (Crc32c(0, payload) != header->checksum) return std::nullopt;
  return FoundRecord{.header = *header, .payload = payload};
}

}  // namespace

Result<std::optional<GroupHeader>> GroupReader::HeaderAt(std::uint64_t offset) {
  return DecodeGroupHeader(header_, TRY(file_.View(offset, kGroupHeaderBytes)));
}

Result<std::optional<std::vector<FoundRecord>>> GroupReader::RecordsAt(std::uint64_t offset,
                                                                       const GroupHeader& group) {
  using Records = std::optional<std::vector<FoundRecord>>;
  const auto begin = offset + kGroupHeaderBytes;
  if (begin > file_.byte_count() || group.byte_count > file_.byte_count() - begin) {
    return Records{};
  }
  const auto bytes = TRY(file_.View(begin, group.byte_count));
  if (bytes.size() != group.byte_count) return Records{};
  std::vector<FoundRecord> records;
  std::uint64_t position = 0;
  while (position < bytes.size()) {
    auto record = DecodeRecord(header_, bytes.substr(position));
    if (!record) return Records{};
    record->offset = begin + position;
    position = record->end() - begin;
    records.push_back(*record);
  }
  if (records.size() != group.record_count) return Records{};
  return Records{std::move(records)};
}

Result<std::optional<FoundRecord>> GroupReader::RecordAt(std::uint64_t offset) {
  const auto header = DecodeRecordHeader(header_, TRY(file_.View(offset, kRecordHeaderBytes)));
  if (!header) return std::optional<FoundRecord>{};
  const auto length = kRecordHeaderBytes + Padded(header->byte_count);
  auto record = DecodeRecord(header_, TRY(file_.View(offset, length)));
  if (record) record->offset = offset;
  return record;
}

Result<std::optional<std::uint64_t>> GroupReader::NextGroup(std::uint64_t begin,
                                                            std::uint64_t end) {
  while (true) {
    const auto found = TRY(NextMark(begin, end, Mark::kGroup));
    if (!found || TRY(HeaderAt(*found))) return found;
    begin = *found + kAlignment;
  }
}

Result<std::optional<std::uint64_t>> GroupReader::NextRecord(std::uint64_t begin,
                                                             std::uint64_t end) {
  while (true) {
    const auto found = TRY(NextMark(begin, end, Mark::kRecord));
    if (!found || TRY(RecordAt(*found))) return found;
    begin = *found + kAlignment;
  }
}

Result<bool> GroupReader::HasMark(std::uint64_t begin) {
  return TRY(NextMark(begin, file_.byte_count(), Mark::kAny)).has_value();
}

Result<std::optional<std::uint64_t>> GroupReader::NextMark(std::uint64_t begin, std::uint64_t end,
                                                           Mark mark) {
  const auto group_mark = mark == Mark::kRecord ? RecordMark(header_.mark) : header_.mark;
  const auto record_mark = mark == Mark::kGroup ? header_.mark : RecordMark(header_.mark);
  end = std::min(end, file_.byte_count());
  for (auto offset = begin; offset + sizeof group_mark <= end;) {
    auto bytes = TRY(file_.View(offset, std::min(end - offset, kScanBytes)));
    bytes = bytes.substr(0, bytes.size() / kAlignment * kAlignment);
    if (bytes.empty()) break;
    for (std::size_t i = 0; i < bytes.size(); i += kAlignment) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + i, sizeof word);
      if (word == group_mark || word == record_mark) return std::optional{offset + i};
    }
    offset += bytes.size();
  }
  return std::optional<std::uint64_t>{};
}

}  // namespace arc::wal
