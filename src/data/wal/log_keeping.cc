// What the keeper does to the log: frees segments, prepares the spare, writes checkpoints.

#include <algorithm>
#include <utility>

#include "data/wal/checkpoint_writer.h"
#include "data/wal/file_names.h"
#include "data/wal/log.h"
#include "foundation/base/check.h"
#include "foundation/base/log.h"

namespace arc::wal {
namespace {

constexpr std::size_t kFillBytes = std::size_t{1} << 20;  // a write of zeros; arbitrary

// A removal that is tried again may have happened already.
Result<void> UnlessGone(Result<void> removed) {
  if (!removed.ok() && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

}  // namespace

// Before something goes it is remembered, durably, that it is not needed: or the next start would
// miss it.
Result<void> Log::Release(Lsn smallest_unflushed) {
  {
    MutexLock lock(mutex_);
    needed_from_ = std::max(needed_from_, smallest_unflushed);
  }
  const bool is_freeing = OldestFree(smallest_unflushed) || IsCheckpointFree(smallest_unflushed);
  if (is_freeing) {
    TRY(options_.record_extent(extent()));
  } else {
    options_.note_extent(extent());
  }
  while (const auto segment = OldestFree(smallest_unflushed)) {
    TRY(FreeFile(*segment));
    MutexLock lock(mutex_);
    CHECK(segments_.front().number == segment->number, "BUG: another segment was freed");
    segments_.pop_front();
    freeing_.clear();
  }
  if (!IsCheckpointFree(smallest_unflushed)) return {};
  TRY(FreeCheckpoint(checkpoint()->last_lsn));
  MutexLock lock(mutex_);
  CHECK(smallest_unflushed > checkpoint_->last_lsn, "BUG: a checkpoint is freed that is needed");
  checkpoint_.reset();
  freeing_.clear();
  return {};
}

bool Log::IsCheckpointFree(Lsn smallest_unflushed) const {
  const auto there = checkpoint();
  return there && smallest_unflushed > there->last_lsn;
}

Result<void> Log::FreeCheckpoint(Lsn last_lsn) {
  const auto name = CheckpointName(last_lsn);
  {
    MutexLock lock(mutex_);
    freeing_ = name;
  }
  TRY(UnlessGone(file_system_.Remove(PathOf(name))));
  return file_system_.SyncDirectory(options_.directory);
}

std::optional<SegmentInfo> Log::OldestFree(Lsn smallest_unflushed) const {
  MutexLock lock(mutex_);
  const auto closed_count = segments_.size() - (last_is_open_ ? 1 : 0);
  if (closed_count == 0) return std::nullopt;
  const auto& oldest = segments_.front();
  const bool is_in_checkpoint = checkpoint_ && oldest.last <= checkpoint_->last_lsn;
  if (oldest.last < smallest_unflushed || is_in_checkpoint) return oldest;
  return std::nullopt;
}

// Synced one by one, so that a crash never leaves a gap in the middle.
Result<void> Log::FreeFile(const SegmentInfo& segment) {
  const auto path = PathOf(SegmentName(segment.number));
  {
    MutexLock lock(mutex_);
    freeing_ = SegmentName(segment.number);
  }
  const bool is_full = segment.byte_count >= options_.segment_bytes / 2 &&
                       segment.byte_count <= options_.segment_bytes;
  if (!is_full || !wants_spare()) {
    TRY(UnlessGone(file_system_.Remove(path)));
    return file_system_.SyncDirectory(options_.directory);
  }
  const auto spare = PathOf(SpareName(next_spare_number_++));
  TRY(UnlessGone(file_system_.Rename(path, spare)));
  TRY(file_system_.SyncDirectory(options_.directory));
  // Only a faster place to write to: without it the next segment is a new file.
  const auto filled = FillSpare(spare);
  if (!filled.ok()) LogWarning("wal: no spare segment: {}", LogText(filled.error()));
  return {};
}

bool Log::wants_spare() const {
  MutexLock lock(mutex_);
  return !spare_ && !failure_;
}

Result<void> Log::PrepareSpare() {
  if (!wants_spare()) return {};
  return FillSpare(PathOf(SpareName(next_spare_number_++)));
}

// Fills the file up with zeros to the length of a segment, and makes it the spare.
Result<void> Log::FillSpare(const std::string& path) {
  auto filled = FillWithZeros(path);
  if (!filled.ok()) {
    IgnoreFailure(file_system_.Remove(path), "the next start removes it");
    return filled;
  }
  MutexLock lock(mutex_);
  spare_ = path;
  return {};
}

Result<void> Log::FillWithZeros(const std::string& path) {
  const auto file = TRY(file_system_.OpenRandom(path, fs::FileSystem::IfAbsent::kCreate));
  const std::string zeros(std::min<std::uint64_t>(kFillBytes, options_.segment_bytes), '\0');
  for (auto offset = TRY(file->ByteCount()); offset < options_.segment_bytes;) {
    const auto length = std::min<std::uint64_t>(zeros.size(), options_.segment_bytes - offset);
    const auto piece = std::string_view(zeros).substr(0, length);
    TRY(file->WriteAt(offset, {&piece, 1}));
    offset += length;
  }
  return file->Sync();
}

Result<void> Log::WriteCheckpoint(Lsn last_lsn,
                                  const std::function<Result<void>(CheckpointSink&)>& write_rows) {
  const auto older = checkpoint();
  CHECK(!older || older->last_lsn <= last_lsn, "BUG: a checkpoint below the one before");
  const auto aside = PathOf(CheckpointTemporaryName(last_lsn));
  auto written = WriteCheckpointFile(aside, last_lsn, write_rows);
  if (written.ok()) {
    const auto renamed = file_system_.Rename(aside, PathOf(CheckpointName(last_lsn)));
    if (!renamed.ok()) written = renamed.error();
  }
  if (!written.ok()) {
    IgnoreFailure(file_system_.Remove(aside), "the next start removes it");
    return std::move(written).TakeError();
  }
  TRY(file_system_.SyncDirectory(options_.directory));
  {
    MutexLock lock(mutex_);
    CHECK(last_lsn <= written_lsn(), "BUG: a checkpoint of rows that are not in the log");
    checkpoint_ = CheckpointInfo{last_lsn, written.value()};
  }
  TRY(options_.record_extent(extent()));
  if (older && older->last_lsn != last_lsn) {
    TRY(UnlessGone(file_system_.Remove(PathOf(CheckpointName(older->last_lsn)))));
  }
  return Release(kLsnZero);
}

Result<std::uint64_t> Log::WriteCheckpointFile(
    const std::string& path, Lsn last_lsn,
    const std::function<Result<void>(CheckpointSink&)>& write_rows) {
  if (TRY(file_system_.Exists(path))) TRY(file_system_.Remove(path));
  CheckpointWriter writer(TRY(file_system_.Create(path)), last_lsn);
  TRY(write_rows(writer));
  return writer.Finish();
}

}  // namespace arc::wal
