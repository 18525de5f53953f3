#include "access/audit/audit_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"
#include "foundation/text/parse_number.h"

namespace arc::audit {
namespace {

constexpr std::chrono::seconds kWriteInterval{1};
// Between two log lines about the same thing. Arbitrary; the counters show everything at once.
constexpr std::chrono::hours kTellInterval{1};
constexpr char kRemovedName[] = "arc_audit_files_removed_total";
constexpr char kRemovedHelp[] =
    "Files removed: past audit_log.retention_days, or for audit_log.max_total_size.";
constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";

// A file is named after the time of its beginning, microseconds UTC, so that names sort by time.
std::string NameOf(std::int64_t began_at) {
  return fmt::format("{}{:016}{}", kPrefix, began_at, kSuffix);
}

std::optional<std::int64_t> BeganAt(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  return ParseNumber<std::int64_t>(name);
}

// As many whole lines from the front as fit into `bytes_max`, but at least one.
std::string_view FirstLines(std::string_view lines, std::uint64_t bytes_max) {
  if (lines.size() <= bytes_max) return lines;
  auto end = bytes_max == 0 ? std::string_view::npos : lines.rfind('\n', bytes_max - 1);
  if (end == std::string_view::npos) end = lines.find('\n');
  return lines.substr(0, end + 1);
}

// A file that somebody else has removed counts as removed.
Result<void> IfThere(Result<void> done) {
  if (!done.ok() && done.error().code == ErrorCode::kNotFound) return {};
  return done;
}

// Without a sync: after a failed sync, the success of another one would mean nothing.
Result<void> CutFile(fs::FileSystem& files, const std::string& path, std::uint64_t byte_count) {
  const auto file = TRY(files.OpenRandom(path, fs::FileSystem::IfAbsent::kFail));
  return file->Truncate(byte_count);
}

bool IsTimeToTell(const Clock& clock, std::optional<Clock::SteadyTime>& told_at) {
  const auto now = clock.NowSteady();
  if (told_at && now - *told_at < kTellInterval) return false;
  told_at = now;
  return true;
}

}  // namespace

AuditLog::AuditLog(AuditOptions options, std::vector<File> old_files, fs::FileSystem& files,
                   const Clock& clock, Metrics& metrics)
    : options_(std::move(options)),
      files_(files),
      clock_(clock),
      recorded_(metrics.AddCounter("arc_audit_events_total", "Events recorded.")),
      dropped_(metrics.AddCounter("arc_audit_dropped_total",
                                  "Events that could not be recorded: the disk was too slow, or "
                                  "failed.")),
      removed_for_age_(metrics.AddCounter(kRemovedName, kRemovedHelp, "reason=\"age\"")),
      removed_for_size_(metrics.AddCounter(kRemovedName, kRemovedHelp, "reason=\"size\"")),
      finished_(std::make_move_iterator(old_files.begin()),
                std::make_move_iterator(old_files.end())),
      finished_bytes_(std::accumulate(
          finished_.begin(), finished_.end(), std::uint64_t{0},
          [](std::uint64_t bytes, const File& file) { return bytes + file.byte_count; })),
      writer_("audit", [this] { Loop(); }) {}

Result<std::unique_ptr<AuditLog>> AuditLog::Open(AuditOptions options, fs::FileSystem& files,
                                                 const Clock& clock, Metrics& metrics) {
  TRY(files.CreateDirectories(options.directory));
  auto old_files = TRY(FilesIn(files, options.directory));
  return std::unique_ptr<AuditLog>(
      new AuditLog(std::move(options), std::move(old_files), files, clock, metrics));
}

AuditLog::~AuditLog() {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  writer_.Join();
  if (Flush().ok()) return;
  MutexLock lock(mutex_);
  LogError("audit: up to {} entries are lost, the disk has not taken them before the end",
           std::count(pending_.begin(), pending_.end(), '\n'));
}

void AuditLog::Record(AuditEntry entry) {
  entry.timestamp = clock_.NowMicros();
  const auto line = ToLine(entry);
  MutexLock lock(mutex_);
  if (writing_bytes_ + pending_.size() + line.size() > kPendingBytesMax) {
    dropped_.Add();
    return;
  }
  pending_ += line;
  recorded_.Add();
}

Result<void> AuditLog::Flush() {
  MutexLock file_lock(file_mutex_);
  std::string lines;
  {
    MutexLock lock(mutex_);
    lines.swap(pending_);
    writing_bytes_ = lines.size();
  }
  if (lines.empty()) return {};
  std::string_view left = lines;
  auto written = WriteOrCatch(left);
  if (!written.ok()) handle_.reset();
  lines.erase(0, lines.size() - left.size());
  PutBack(lines);
  TellOfWrite(written);
  return written;
}

// After an exception the contents of the file are as unknown as after a failure of the disk.
Result<void> AuditLog::WriteOrCatch(std::string_view& lines) {
  try {
    return WriteLines(lines);
  } catch (...) {
    return ErrorOfException();
  }
}

// Puts the lines in front of what was recorded meanwhile.
void AuditLog::PutBack(std::string& lines) {
  MutexLock lock(mutex_);
  writing_bytes_ = 0;
  try {
    lines += pending_;
    pending_.swap(lines);
  } catch (...) {
    dropped_.Add(static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')));
    LogExceptionOf("audit", "has lost the entries that the disk did not take");
  }
}

Result<void> AuditLog::WriteLines(std::string_view& lines) {
  if (file_ && !handle_) TRY(GiveUpFile());
  while (!lines.empty()) {
    const auto line_bytes = FirstLines(lines, 0).size();
    if (file_ && file_->byte_count + line_bytes > options_.file_bytes_max) FinishFile();
    if (!file_) TRY(BeginFile());
    const auto part = FirstLines(lines, options_.file_bytes_max - file_->byte_count);
    RemoveOld(part.size());
    TRY(handle_->Append(part));
    TRY(handle_->Sync());
    file_->byte_count += part.size();
    lines.remove_prefix(part.size());
  }
  return {};
}

Result<void> AuditLog::BeginFile() {
  const auto began_at = clock_.NowMicros();
  auto path = options_.directory + "/" + NameOf(began_at);
  handle_ = TRY(files_.Create(path));
  file_ = File{std::move(path), began_at, 0};
  return files_.SyncDirectory(options_.directory);
}

void AuditLog::FinishFile() {
  if (handle_) IgnoreFailure(handle_->Close(), "all that counts is synced");
  handle_.reset();
  finished_bytes_ += file_->byte_count;
  finished_.push_back(*std::move(file_));
  file_.reset();
}

Result<void> AuditLog::GiveUpFile() {
  if (file_->byte_count == 0) {
    TRY(IfThere(files_.Remove(file_->path)));
    file_.reset();
    return {};
  }
  const auto cut = IfThere(CutFile(files_, file_->path, file_->byte_count));
  if (!cut.ok()) LogWarning("audit: some entries may be there twice: {}", LogText(cut.error()));
  FinishFile();
  return {};
}

Result<std::vector<AuditLog::File>> AuditLog::FilesIn(fs::FileSystem& files,
                                                      const std::string& directory) {
  std::vector<File> found;
  for (const auto& entry : TRY(files.List(directory))) {
    const auto began_at = BeganAt(entry.name);
    if (!began_at || entry.is_directory) continue;
    found.push_back({directory + "/" + entry.name, *began_at, entry.byte_count});
  }
  std::sort(found.begin(), found.end(),
            [](const File& a, const File& b) { return a.began_at < b.began_at; });
  return found;
}

Result<std::vector<std::string>> AuditLog::FilePaths() const {
  std::vector<std::string> paths;
  for (auto& file : TRY(FilesIn(files_, options_.directory))) paths.push_back(std::move(file.path));
  std::reverse(paths.begin(), paths.end());
  return paths;
}

// A file that cannot be removed (an operator may have protected it) stays and is skipped: new
// entries are worth more than the limit.
void AuditLog::RemoveOld(std::uint64_t bytes_needed) {
  const auto oldest = clock_.NowMicros() - std::chrono::microseconds(options_.retention).count();
  const auto needed = file_->byte_count + bytes_needed;
  for (std::size_t i = 0; i < finished_.size();) {
    // A file's entries are older than the beginning of the next.
    const auto& next = i + 1 < finished_.size() ? finished_[i + 1] : *file_;
    const bool is_old = next.began_at < oldest;
    if (!is_old && finished_bytes_ + needed <= options_.total_bytes_max) break;
    if (!Remove(i, is_old ? removed_for_age_ : removed_for_size_)) i++;
  }
  TellOfRemovals();
}

bool AuditLog::Remove(std::size_t index, Counter& removed) {
  const auto file = finished_.begin() + static_cast<std::ptrdiff_t>(index);
  auto done = files_.Remove(file->path);
  if (done.ok()) removed.Add();
  done = IfThere(std::move(done));
  if (!done.ok()) {
    if (IsTimeToTell(clock_, stuck_told_at_)) {
      LogError("audit: an old file cannot be removed: {}", LogText(done.error()));
    }
    return false;
  }
  finished_bytes_ -= file->byte_count;
  finished_.erase(file);
  return true;
}

void AuditLog::TellOfRemovals() {
  const auto removed = removed_for_size_.value();
  if (removed == removed_told_ || !IsTimeToTell(clock_, removals_told_at_)) return;
  LogWarning(
      "audit: files removed before audit_log.retention_days, for audit_log.max_total_size "
      "({} bytes): {}",
      options_.total_bytes_max, removed - removed_told_);
  removed_told_ = removed;
}

void AuditLog::TellOfWrite(const Result<void>& written) {
  const auto has_failed_before = std::exchange(is_failing_, !written.ok());
  if (!written.ok()) {
    if (has_failed_before) return;
    LogError(
        "audit: entries wait in memory until the disk takes them, past {} bytes they are lost: {}",
        kPendingBytesMax, LogText(written.error()));
    return;
  }
  const auto dropped = dropped_.value() - dropped_told_;
  if (has_failed_before) {
    LogWarning("audit: the entries that waited are written; entries lost meanwhile: {}", dropped);
  } else if (dropped > 0 && IsTimeToTell(clock_, drops_told_at_)) {
    LogWarning("audit: the disk is too slow; entries lost: {}", dropped);
  } else {
    return;
  }
  dropped_told_ += dropped;
}

void AuditLog::Loop() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      const auto next = std::chrono::steady_clock::now() + kWriteInterval;
      while (!is_stopped_ && stopped_.WaitUntil(lock, next) != std::cv_status::timeout) {
      }
      if (is_stopped_) return;
    }
    try {
      IgnoreFailure(Flush(), "it is logged");
    } catch (...) {
      LogExceptionOf("audit", "could not write and will try again");
    }
  }
}

}  // namespace arc::audit
