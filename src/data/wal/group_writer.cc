#include "data/wal/group_writer.h"

#include "foundation/base/check.h"

namespace arc::wal {
namespace {

constexpr std::string_view kZeros{"\0\0\0\0\0\0\0", kAlignment - 1};

std::uint64_t RecordsByteCount(std::span<const LogRecord> records) {
  std::uint64_t sum = 0;
  for (const auto& record : records) sum += kRecordHeaderBytes + Padded(record.byte_count);
  return sum;
}

}  // namespace

std::uint64_t GroupWriter::ByteCount(std::span<const LogRecord> records) {
  return kGroupHeaderBytes + RecordsByteCount(records);
}

std::span<const std::string_view> GroupWriter::Group(const FileHeader& file, Lsn previous,
                                                     Lsn durable,
                                                     std::span<const LogRecord> records) {
  pieces_.clear();
  Add(file, previous, durable, records);
  return pieces_;
}

std::span<const std::string_view> GroupWriter::FirstGroup(const FileHeader& file, Lsn previous,
                                                          Lsn durable,
                                                          std::span<const LogRecord> records) {
  file_start_ = EncodeFileStart(file);
  pieces_.assign(1, file_start_);
  Add(file, previous, durable, records);
  return pieces_;
}

void GroupWriter::Add(const FileHeader& file, Lsn previous, Lsn durable,
                      std::span<const LogRecord> records) {
  // Never grows below, so the pieces that show it stay valid.
  headers_.resize(kGroupHeaderBytes + records.size() * kRecordHeaderBytes);
  EncodeGroupHeader(file,
                    {.previous = previous,
                     .last = records.empty() ? previous : records.back().lsn,
                     .durable = durable,
                     .byte_count = RecordsByteCount(records),
                     .record_count = static_cast<std::uint32_t>(records.size())},
                    headers_.data());
  pieces_.push_back({headers_.data(), kGroupHeaderBytes});
  char* header = headers_.data() + kGroupHeaderBytes;
  for (const auto& record : records) {
    AddRecord(file, record, header);
    header += kRecordHeaderBytes;
  }
}

void GroupWriter::AddRecord(const FileHeader& file, const LogRecord& record, char* header) {
  CHECK(record.byte_count <= kPayloadBytesMax, "BUG: a record is too large for the log");
  EncodeRecordHeader(file,
                     {.lsn = record.lsn,
                      .byte_count = static_cast<std::uint32_t>(record.byte_count),
                      .checksum = record.checksum,
                      .type = static_cast<std::uint8_t>(record.type)},
                     header);
  pieces_.push_back({header, kRecordHeaderBytes});
  std::uint64_t byte_count = 0;
  for (const auto piece : record.pieces) {
    if (!piece.empty()) pieces_.push_back(piece);
    byte_count += piece.size();
  }
  CHECK(byte_count == record.byte_count, "BUG: the pieces of a record are not its byte count");
  const auto padding = Padded(byte_count) - byte_count;
  if (padding > 0) pieces_.push_back(kZeros.substr(0, padding));
}

}  // namespace arc::wal
