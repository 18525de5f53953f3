#include "data/wal/checkpoint_writer.h"

#include <utility>

#include "foundation/base/check.h"

namespace arc::wal {
namespace {

constexpr std::size_t kGroupBytes = std::size_t{1} << 20;  // enough for one write; arbitrary

}  // namespace

CheckpointWriter::CheckpointWriter(std::unique_ptr<fs::AppendFile> file, Lsn last_lsn)
    : file_(std::move(file)),
      header_{.kind = FileKind::kCheckpoint,
              .number = ToNumber(last_lsn),
              .mark = DrawMark(),
              .previous = last_lsn},
      bytes_(EncodeFileStart(header_)),
      group_begin_(bytes_.size()) {
  bytes_.append(kGroupHeaderBytes, '\0');
}

Result<void> CheckpointWriter::Add(const LogRecord& record) {
  CHECK(ToNumber(record.lsn) <= header_.number, "BUG: a row above its checkpoint");
  if (record.byte_count > kPayloadBytesMax) {
    return Error{ErrorCode::kTooLarge, "a record is too large for the write-ahead log"};
  }
  char header[kRecordHeaderBytes];
  EncodeRecordHeader(header_,
                     {.lsn = record.lsn,
                      .byte_count = static_cast<std::uint32_t>(record.byte_count),
                      .checksum = record.checksum,
                      .type = static_cast<std::uint8_t>(record.type)},
                     header);
  bytes_.append(header, sizeof header);
  for (const auto piece : record.pieces) bytes_.append(piece);
  bytes_.append(Padded(record.byte_count) - record.byte_count, '\0');
  record_count_++;
  if (bytes_.size() < kGroupBytes) return {};
  return WriteGroup();
}

Result<void> CheckpointWriter::WriteGroup() {
  EncodeGroupHeader(header_,
                    {.previous = kLsnZero,
                     .last = header_.previous,
                     .durable = kLsnZero,
                     .byte_count = bytes_.size() - group_begin_ - kGroupHeaderBytes,
                     .record_count = record_count_},
                    bytes_.data() + group_begin_);
  TRY(file_->Append(bytes_));
  bytes_.assign(kGroupHeaderBytes, '\0');
  group_begin_ = 0;
  record_count_ = 0;
  return {};
}

Result<std::uint64_t> CheckpointWriter::Finish() {
  if (record_count_ > 0) TRY(WriteGroup());
  TRY(WriteGroup());  // without records: it closes the file
  TRY(file_->Sync());
  TRY(file_->Close());
  return file_->bytes_written();
}

}  // namespace arc::wal
