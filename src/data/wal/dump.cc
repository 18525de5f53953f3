#include "data/wal/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "data/wal/file_names.h"
#include "data/wal/file_start.h"
#include "data/wal/group_reader.h"

namespace arc::wal {
namespace {

class FileDump {
 public:
  FileDump(FileWindow& file, const FileHeader& header, const DumpSink& sink,
           const DumpPayload& payload)
      : file_(file), reader_(file, header), header_(header), sink_(sink), payload_(payload) {}

  Result<void> Run() {
    sink_(fmt::format("{} {}, after LSN {}",
                      header_.kind == FileKind::kSegment ? "segment" : "checkpoint", header_.number,
                      ToNumber(header_.previous)));
    for (std::uint64_t offset = kGroupsOffset;;) {
      const auto next = TRY(reader_.NextGroup(offset, file_.byte_count()));
      const auto end = next.value_or(file_.byte_count());
      if (next ? offset < end : TRY(reader_.HasMark(offset))) {
        sink_(fmt::format("  {}: NOT SOUND up to {}", offset, end));
        TRY(ShowRecords(offset, end));
      }
      if (!next) break;
      offset = TRY(ShowGroup(*next));
    }
    return {};
  }

 private:
  // Returns where the group ends.
  Result<std::uint64_t> ShowGroup(std::uint64_t offset) {
    const auto group = TRY(reader_.HeaderAt(offset));
    const auto begin = offset + kGroupHeaderBytes;
    const auto end = begin + std::min(group->byte_count, file_.byte_count() - begin);
    const bool is_sound = TRY(reader_.RecordsAt(offset, *group)).has_value();
    sink_(fmt::format("  {}: {} of {} records, {} bytes, after LSN {} up to {}, durable {}{}",
                      offset, group->record_count == 0 ? "closing group" : "group",
                      group->record_count, group->byte_count, ToNumber(group->previous),
                      ToNumber(group->last), ToNumber(group->durable),
                      is_sound ? "" : ", NOT SOUND"));
    TRY(ShowRecords(begin, end));
    return end;
  }

  Result<void> ShowRecords(std::uint64_t begin, std::uint64_t end) {
    while (const auto offset = TRY(reader_.NextRecord(begin, end))) {
      const auto record = TRY(reader_.RecordAt(*offset));
      if (*offset > begin) ShowDamage(begin, *offset);
      sink_(fmt::format("    {}: record of type {}, LSN {}, {} bytes", *offset, record->header.type,
                        ToNumber(record->header.lsn), record->header.byte_count));
      begin = record->end();
      if (!payload_) continue;
      payload_({.lsn = record->header.lsn,
                .type = static_cast<RecordType>(record->header.type),
                .payload = record->payload},
               sink_);
    }
    if (begin < end) ShowDamage(begin, end);
    return {};
  }

  void ShowDamage(std::uint64_t begin, std::uint64_t end) {
    sink_(fmt::format("    {}: no sound record up to {}", begin, end));
  }

  FileWindow& file_;
  GroupReader reader_;
  const FileHeader header_;
  const DumpSink& sink_;
  const DumpPayload& payload_;
};

Result<void> DumpFile(fs::FileSystem& file_system, const std::string& path, FileKind kind,
                      std::uint64_t number, const DumpSink& sink, const DumpPayload& payload) {
  sink(path);
  FileWindow file(TRY(file_system.Open(path)));
  const auto start = TRY(ReadFileStart(file, kind, number, path));
  if (start.header) return FileDump(file, *start.header, sink, payload).Run();
  sink(start.is_unused ? "  not used yet" : "  NOT SOUND: no header can be read");
  return {};
}

}  // namespace

Result<void> Dump(fs::FileSystem& file_system, const std::string& path, const DumpSink& sink,
                  const DumpPayload& payload) {
  if (const auto file = ParseLogFileName(path.substr(path.rfind('/') + 1))) {
    return DumpFile(file_system, path,
                    file->is_segment ? FileKind::kSegment : FileKind::kCheckpoint, file->number,
                    sink, payload);
  }
  const auto files = TRY(ListLogFiles(file_system, path));
  for (const auto last_lsn : files.checkpoints) {
    TRY(DumpFile(file_system, path + "/" + CheckpointName(Lsn{last_lsn}), FileKind::kCheckpoint,
                 last_lsn, sink, payload));
  }
  for (const auto number : files.segments) {
    TRY(DumpFile(file_system, path + "/" + SegmentName(number), FileKind::kSegment, number, sink,
                 payload));
  }
  return {};
}

}  // namespace arc::wal
