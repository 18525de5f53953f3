#include "data/wal/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "data/wal/file_names.h"
#include "data/wal/file_recovery.h"
#include "data/wal/file_start.h"
#include "data/wal/quarantine.h"
#include "foundation/base/log.h"

namespace arc::wal {
namespace {

struct SegmentFile {
  std::uint64_t number = 0;
  std::string path;
  std::uint64_t byte_count = 0;
  FileStart start;
};

class Recovery {
 public:
  Recovery(fs::FileSystem& file_system, const std::string& directory, Lsn known_durable,
           const ApplyRecord& apply, const RecoveryProgress& progress)
      : state_{.file_system = file_system,
               .directory = directory,
               .apply = apply,
               .progress = progress,
               .known_durable = known_durable} {}

  Result<Recovered> Run();

 private:
  Result<void> FindCheckpoint(const LogFiles& files);
  Result<void> FindSegments(const LogFiles& files);
  Result<void> ReadCheckpoint();
  Result<void> ReadSegments();
  Result<void> ReadSegment(const SegmentFile& segment, std::optional<Lsn> next_previous);
  Result<void> SkipUnreadable(const SegmentFile& segment, std::optional<Lsn> next_previous);
  Result<void> KeepLast(const SegmentFile& segment, const FileRecovery& read);
  void Keep(const SegmentInfo& segment);
  Result<void> Remove(const std::string& path);
  std::string PathOf(const std::string& name) const { return state_.directory + "/" + name; }
  Result<FileWindow> Open(const std::string& path) {
    return FileWindow(TRY(state_.file_system.Open(path)));
  }

  RecoveryState state_;
  std::optional<Lsn> checkpoint_;
  std::vector<SegmentFile> segments_;
};

Result<Recovered> Recovery::Run() {
  TRY(state_.file_system.CreateDirectories(state_.directory));
  const auto files = TRY(ListLogFiles(state_.file_system, state_.directory));
  for (const auto& name : files.temporary) TRY(Remove(PathOf(name)));
  TRY(FindCheckpoint(files));
  TRY(FindSegments(files));
  TRY(ReadCheckpoint());
  TRY(ReadSegments());
  TRY(state_.file_system.SyncDirectory(state_.directory));
  auto& found = state_.found;
  found.greatest_lsn = std::max(found.greatest_lsn, found.last_lsn);
  if (state_.progress) state_.progress(state_.bytes_total, state_.bytes_total);
  return std::move(found);
}

// The newest is whole, because it was synced before it got its name; it holds what older ones hold.
Result<void> Recovery::FindCheckpoint(const LogFiles& files) {
  if (files.checkpoints.empty()) return {};
  checkpoint_ = Lsn{files.checkpoints.back()};
  state_.checkpoint_lsn = *checkpoint_;
  state_.found.last_lsn = *checkpoint_;
  for (const auto last_lsn : files.checkpoints) {
    if (Lsn{last_lsn} != *checkpoint_) TRY(Remove(PathOf(CheckpointName(Lsn{last_lsn}))));
  }
  return {};
}

Result<void> Recovery::FindSegments(const LogFiles& files) {
  for (const auto number : files.segments) {
    state_.found.greatest_segment = number;
    auto path = PathOf(SegmentName(number));
    auto window = TRY(Open(path));
    auto start = TRY(ReadFileStart(window, FileKind::kSegment, number, path));
    segments_.push_back({number, std::move(path), window.byte_count(), start});
  }
  // A segment ends where the next one says that the log was.
  std::size_t obsolete = 0;
  for (std::size_t i = 1; i < segments_.size(); i++) {
    const auto& header = segments_[i].start.header;
    if (header) state_.known_durable = std::max(state_.known_durable, header->previous);
    if (header && checkpoint_ && header->previous <= *checkpoint_) obsolete = i;
  }
  for (std::size_t i = 0; i < obsolete; i++) TRY(Remove(segments_[i].path));
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(obsolete));
  for (const auto& segment : segments_) state_.bytes_total += segment.byte_count;
  if (!segments_.empty() && segments_.front().start.header) {
    state_.found.first_previous = segments_.front().start.header->previous;
  }
  return {};
}

Result<void> Recovery::ReadCheckpoint() {
  if (!checkpoint_) return {};
  const auto name = CheckpointName(*checkpoint_);
  auto window = TRY(Open(PathOf(name)));
  state_.bytes_total += window.byte_count();
  state_.found.checkpoint = CheckpointInfo{*checkpoint_, window.byte_count()};
  const auto start =
      TRY(ReadFileStart(window, FileKind::kCheckpoint, ToNumber(*checkpoint_), PathOf(name)));
  if (start.header) {
    FileRecovery read(state_, window, *start.header, std::nullopt);
    return read.Run();
  }
  const auto saved =
      TRY(SaveToQuarantine(state_.file_system, state_.directory, name.substr(0, name.rfind('.')),
                           window, 0, window.byte_count()));
  state_.found.quarantined_count++;
  LogError("wal: {} cannot be read, its rows may be lost; its bytes are in {}", name,
           saved.empty() ? "no file" : saved);
  return {};
}

Result<void> Recovery::ReadSegments() {
  for (std::size_t i = 0; i < segments_.size(); i++) {
    std::optional<Lsn> next_previous;
    for (std::size_t next = i + 1; next < segments_.size() && !next_previous; next++) {
      const auto& header = segments_[next].start.header;
      if (header) next_previous = header->previous;
    }
    if (segments_[i].start.header) {
      TRY(ReadSegment(segments_[i], next_previous));
    } else {
      TRY(SkipUnreadable(segments_[i], next_previous));
    }
  }
  return {};
}

Result<void> Recovery::ReadSegment(const SegmentFile& segment, std::optional<Lsn> next_previous) {
  const auto done_before = state_.bytes_done;
  auto window = TRY(Open(segment.path));
  FileRecovery read(state_, window, *segment.start.header, next_previous);
  TRY(read.Run());
  if (next_previous) {
    Keep({segment.number, read.first(), read.last(), read.end()});
  } else {
    TRY(KeepLast(segment, read));
  }
  state_.bytes_done = done_before;
  state_.AddProgress(segment.byte_count);
  return {};
}

// Nothing before the last segment is unsynced. What of it is only in the page cache must become
// durable before anybody sees it, and a torn tail must never be read again. Beside corruption it
// stays: its headers are what says that the corrupt place was durable, should this start be
// interrupted; once another segment is begun, nobody reads so far.
Result<void> Recovery::KeepLast(const SegmentFile& segment, const FileRecovery& read) {
  if (!read.has_groups()) {
    state_.found.last_lsn = std::max(state_.found.last_lsn, read.last());
    return Remove(segment.path);
  }
  const auto file =
      TRY(state_.file_system.OpenRandom(segment.path, fs::FileSystem::IfAbsent::kFail));
  if (read.is_torn() && !read.has_corruption()) TRY(file->Truncate(read.end()));
  TRY(file->Sync());
  Keep({segment.number, read.first(), read.last(), read.end()});
  return {};
}

void Recovery::Keep(const SegmentInfo& segment) {
  state_.found.segments.push_back(segment);
  state_.found.last_lsn = std::max(state_.found.last_lsn, segment.last);
}

// A segment without headers: it was about to be begun, or the disk lost its beginning.
Result<void> Recovery::SkipUnreadable(const SegmentFile& segment,
                                      std::optional<Lsn> next_previous) {
  auto window = TRY(Open(segment.path));
  auto& found = state_.found;
  const auto last = found.last_lsn;
  const bool is_missed = next_previous ? *next_previous > last
                                       : !segment.start.is_unused && state_.known_durable > last;
  if (!is_missed) {
    found.torn_byte_count += TRY(window.EndWithoutZeros(0, segment.byte_count));
    LogWarning("wal: {} was never begun: removed", segment.path);
    return Remove(segment.path);
  }
  const auto name = SegmentName(segment.number);
  const auto saved =
      TRY(SaveToQuarantine(state_.file_system, state_.directory, name.substr(0, name.rfind('.')),
                           window, 0, segment.byte_count));
  found.quarantined_count++;
  const auto last_lsn = next_previous.value_or(last);
  LogError("wal: {} cannot be read: records between LSN {} and {} may be lost; its bytes are in {}",
           segment.path, ToNumber(last), ToNumber(last_lsn), saved.empty() ? "no file" : saved);
  Keep({segment.number, last_lsn, last_lsn, segment.byte_count});
  return {};
}

Result<void> Recovery::Remove(const std::string& path) { return state_.file_system.Remove(path); }

}  // namespace

std::vector<MissingRecords> FindMissing(const Recovered& found, const LogExtent& expected) {
  const auto found_checkpoint = found.checkpoint ? found.checkpoint->last_lsn : kLsnZero;
  // Up to here nothing is missing: it is in files, or in the checkpoint.
  auto covered = found_checkpoint;
  if (expected.needed_from > covered) covered = Lsn{ToNumber(expected.needed_from) - 1};
  auto begin = found.first_previous.value_or(kLsnZero);
  if (found_checkpoint < expected.checkpoint) begin = std::max(begin, expected.checkpoint);
  std::vector<MissingRecords> missing;
  if (begin > covered) {
    missing.push_back({Next(covered), begin});
    covered = begin;
  }
  const auto end = std::max(found.last_lsn, covered);
  if (expected.durable > end) missing.push_back({Next(end), expected.durable});
  return missing;
}

Result<Recovered> Recover(fs::FileSystem& file_system, const std::string& directory,
                          Lsn known_durable, const ApplyRecord& apply,
                          const RecoveryProgress& progress) {
  return Recovery(file_system, directory, known_durable, apply, progress).Run();
}

}  // namespace arc::wal
