#include "data/wal/log.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "data/wal/file_names.h"
#include "data/wal/format.h"
#include "foundation/base/check.h"
#include "foundation/base/log.h"

namespace arc::wal {
namespace {

constexpr auto kRetryPause = std::chrono::seconds(1);

Error OutcomeUnknown(Error error) {
  error.message += "; outcome unknown: the rows of this request may or may not be stored";
  return error;
}

}  // namespace

struct Log::OpenSegment {
  std::unique_ptr<fs::RandomFile> file;
  std::string path;
  FileHeader header;
  std::uint64_t end = 0;  // of its last group; 0 before the first
};

Result<std::unique_ptr<Log>> Log::Open(Options options, fs::FileSystem& file_system,
                                       Recovered recovered) {
  return std::unique_ptr<Log>(new Log(std::move(options), file_system, std::move(recovered)));
}

Log::Log(Options options, fs::FileSystem& file_system, Recovered recovered)
    : options_(std::move(options)),
      file_system_(file_system),
      next_segment_number_(recovered.greatest_segment + 1),
      written_(ToNumber(recovered.last_lsn)),
      durable_(ToNumber(recovered.last_lsn)),
      segments_(recovered.segments.begin(), recovered.segments.end()),
      checkpoint_(recovered.checkpoint) {}

Log::~Log() = default;

Result<void> Log::Append(std::span<const LogRecord> group) {
  CHECK(!is_closed_ && !group.empty() && group.front().lsn > written_lsn(),
        "BUG: a group that does not go on where the log ends");
  for (const auto& record : group) {
    if (record.byte_count <= kPayloadBytesMax) continue;
    return Error{ErrorCode::kTooLarge, "a request is too large for the write-ahead log: send less"};
  }
  const auto byte_count = GroupWriter::ByteCount(group);
  TRY(CheckAppendable(byte_count));
  // Room for the closing group too, so that a clean stop needs none on a full disk.
  if (open_ && open_->end + byte_count + kGroupHeaderBytes > options_.segment_bytes) {
    TRY(CloseSegment());
  }
  if (!open_) TRY(StartSegment());
  TRY(WriteGroup(group, byte_count));
  if (!options_.sync_each_group) return {};
  auto synced = SyncTo(group.back().lsn);
  if (!synced.ok()) return OutcomeUnknown(std::move(synced).TakeError());
  return {};
}

Result<void> Log::CheckAppendable(std::uint64_t group_bytes) {
  if (auto failed = failure()) return *std::move(failed);
  if (paused_until_ && options_.clock->NowSteady() < *paused_until_) return *pause_error_;
  if (total_bytes() + group_bytes + kGroupsOffset > options_.total_bytes_max) {
    return Error{ErrorCode::kOverloaded,
                 "the write-ahead log is full: rows are not written to files fast enough"};
  }
  return {};
}

// Everything before a new segment is durable: recovery relies on it.
Result<void> Log::CloseSegment() {
  TRY(SyncTo(written_lsn()));
  ForgetOpenSegment();
  return {};
}

void Log::ForgetOpenSegment() {
  open_.reset();
  {
    MutexLock sync(sync_mutex_);
    sync_file_.reset();
  }
  MutexLock lock(mutex_);
  last_is_open_ = false;
}

Result<void> Log::StartSegment() {
  const auto number = next_segment_number_++;
  auto path = PathOf(SegmentName(number));
  auto opened = OpenNewFile(path);
  if (!opened.ok()) {
    IgnoreFailure(file_system_.Remove(path), "a segment without headers means nothing");
    return Pause(opened.error());
  }
  if (const auto synced = file_system_.SyncDirectory(options_.directory); !synced.ok()) {
    return Fail(synced.error());
  }
  open_ = std::make_unique<OpenSegment>(
      OpenSegment{.file = std::move(opened).TakeValue(),
                  .path = std::move(path),
                  .header = {.number = number, .mark = DrawMark(), .previous = written_lsn()}});
  return {};
}

// The spare under its new name, or a new file; also opened for the syncs.
Result<std::unique_ptr<fs::RandomFile>> Log::OpenNewFile(const std::string& path) {
  std::optional<std::string> spare;
  {
    MutexLock lock(mutex_);
    spare.swap(spare_);
  }
  if (spare) TRY(file_system_.Rename(*spare, path));
  auto file = TRY(file_system_.OpenRandom(path, fs::FileSystem::IfAbsent::kCreate));
  auto sync_file = TRY(file_system_.OpenRandom(path, fs::FileSystem::IfAbsent::kFail));
  MutexLock sync(sync_mutex_);
  sync_file_ = std::move(sync_file);
  return file;
}

Result<void> Log::WriteGroup(std::span<const LogRecord> group, std::uint64_t byte_count) {
  const bool is_first = open_->end == 0;
  const auto pieces =
      is_first ? group_writer_.FirstGroup(open_->header, written_lsn(), durable_lsn(), group)
               : group_writer_.Group(open_->header, written_lsn(), durable_lsn(), group);
  const auto written = open_->file->WriteAt(open_->end, pieces);
  if (!written.ok()) {
    if (written.error().code == ErrorCode::kNoSpace) return UndoGroup(written.error());
    return OutcomeUnknown(Fail(written.error()));
  }
  open_->end += byte_count + (is_first ? kGroupsOffset : 0);
  is_out_of_space_.store(false, std::memory_order_relaxed);
  group_count_.fetch_add(1, std::memory_order_relaxed);
  appended_bytes_.fetch_add(byte_count, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  CHECK(is_first != last_is_open_, "BUG: the log does not know which segment is open");
  if (is_first) segments_.push_back({open_->header.number, group.front().lsn, {}, 0});
  last_is_open_ = true;
  segments_.back().last = group.back().lsn;
  segments_.back().byte_count = open_->end;
  written_.store(ToNumber(group.back().lsn), std::memory_order_release);
  return {};
}

// A full disk may have taken a part of the group, which a crash must not bring back.
Error Log::UndoGroup(const Error& error) {
  auto undone = open_->file->Truncate(open_->end);
  if (undone.ok()) undone = open_->file->Sync();
  if (!undone.ok()) return OutcomeUnknown(Fail(undone.error()));
  {
    MutexLock sync(sync_mutex_);
    durable_.store(written_.load(std::memory_order_relaxed), std::memory_order_release);
  }
  if (open_->end == 0) {
    IgnoreFailure(file_system_.Remove(open_->path), "a segment of 0 bytes means nothing");
  }
  ForgetOpenSegment();
  return Pause(error);
}

Error Log::Pause(const Error& error) {
  paused_until_ = options_.clock->NowSteady() + kRetryPause;
  const bool is_full = error.code == ErrorCode::kNoSpace;
  pause_error_ = Error{is_full ? ErrorCode::kNoSpace : ErrorCode::kUnavailable,
                       is_full ? "no space left on the device of the write-ahead log: nothing of "
                                 "the request is stored"
                               : "the write-ahead log cannot begin a segment: nothing of the "
                                 "request is stored",
                       LogText(error)};
  is_out_of_space_.store(is_full, std::memory_order_relaxed);
  LogWarning("wal: {}", LogText(*pause_error_));
  return *pause_error_;
}

Error Log::Fail(const Error& error) {
  const Error failed{ErrorCode::kUnavailable,
                     "the write-ahead log failed: nothing is stored until the server is started "
                     "again",
                     LogText(error)};
  {
    MutexLock lock(mutex_);
    if (failure_) return *failure_;
    failure_ = failed;
  }
  LogError("wal: {}", LogText(failed));
  return failed;
}

Result<void> Log::SyncTo(Lsn lsn) {
  if (durable_lsn() >= std::min(lsn, written_lsn())) return {};
  MutexLock sync(sync_mutex_);
  const auto target = written_lsn();
  if (durable_lsn() >= std::min(lsn, target)) return {};
  if (auto failed = failure()) return *std::move(failed);
  CHECK(sync_file_ != nullptr, "BUG: bytes of a closed segment were not synced");
  TRY(SyncFileLocked());
  CHECK(durable_lsn() <= target, "BUG: more is durable than was written");
  durable_.store(ToNumber(target), std::memory_order_release);
  options_.note_extent(extent());
  return {};
}

Result<void> Log::SyncFileLocked() {
  const auto start = options_.clock->NowSteady();
  const auto synced = sync_file_->Sync();
  sync_count_.fetch_add(1, std::memory_order_relaxed);
  if (options_.sync_seconds != nullptr) {
    const std::chrono::duration<double> passed = options_.clock->NowSteady() - start;
    options_.sync_seconds->Observe(passed.count());
  }
  if (!synced.ok()) return Fail(synced.error());
  // Synced into a file that was removed, with its folder perhaps: nobody would find it.
  if (!TRY(sync_file_->HasName())) {
    return Fail(
        {ErrorCode::kNotFound, "a segment was removed while it was written", options_.directory});
  }
  return {};
}

void Log::Refuse(const Error& why) {
  MutexLock lock(mutex_);
  if (!failure_) failure_ = why;
}

LogExtent Log::extent() const {
  const auto durable = durable_lsn();
  MutexLock lock(mutex_);
  LogExtent extent{0, checkpoint_ ? checkpoint_->last_lsn : kLsnZero, durable, needed_from_};
  for (const auto& segment : segments_) {
    if (segment.first <= durable) extent.last_segment = segment.number;
  }
  return extent;
}

std::vector<std::string> Log::NeededFiles() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& segment : segments_) names.push_back(SegmentName(segment.number));
  if (checkpoint_) names.push_back(CheckpointName(checkpoint_->last_lsn));
  std::erase(names, freeing_);
  return names;
}

Result<void> Log::Close() {
  if (is_closed_) return {};
  is_closed_ = true;
  if (auto failed = failure()) return *std::move(failed);
  TRY(SyncTo(written_lsn()));
  if (!open_) return {};
  const auto closing = group_writer_.Group(open_->header, written_lsn(), durable_lsn(), {});
  const auto written = open_->file->WriteAt(open_->end, closing);
  // On a full disk the log ends without it: only the finding of later damage is weaker.
  if (!written.ok() && written.error().code != ErrorCode::kNoSpace) return Fail(written.error());
  {
    MutexLock sync(sync_mutex_);
    TRY(SyncFileLocked());
  }
  ForgetOpenSegment();
  return {};
}

std::uint64_t Log::total_bytes() const {
  MutexLock lock(mutex_);
  std::uint64_t sum = checkpoint_ ? checkpoint_->byte_count : 0;
  for (const auto& segment : segments_) sum += segment.byte_count;
  return sum;
}

std::vector<SegmentInfo> Log::segments() const {
  MutexLock lock(mutex_);
  return {segments_.begin(), segments_.end()};
}

std::optional<CheckpointInfo> Log::checkpoint() const {
  MutexLock lock(mutex_);
  return checkpoint_;
}

std::optional<Error> Log::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

std::string Log::PathOf(const std::string& name) const { return options_.directory + "/" + name; }

}  // namespace arc::wal
