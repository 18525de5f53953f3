#include "audit/audit_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/parse_number.h"
#include "base/thread.h"

namespace arc::audit {
namespace {

constexpr std::chrono::seconds kWriteInterval{1};
constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";

// By the time of its beginning, microseconds UTC, so that names sort by time.
std::string NameOf(std::int64_t began_at) {
  return fmt::format("{}{:016}{}", kPrefix, began_at, kSuffix);
}

std::optional<std::int64_t> BeganAt(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  return ParseNumber<std::int64_t>(name);
}

}  // namespace

AuditLog::AuditLog(AuditOptions options, fs::FileSystem& files, const Clock& clock,
                   Metrics& metrics)
    : options_(std::move(options)),
      files_(files),
      clock_(clock),
      recorded_(metrics.AddCounter("arc_audit_events_total", "Events recorded.")),
      dropped_(metrics.AddCounter("arc_audit_dropped_total",
                                  "Events that could not be recorded: the disk was too slow, or "
                                  "failed.")),
      writer_([this] { Loop(); }) {}

Result<std::unique_ptr<AuditLog>> AuditLog::Open(AuditOptions options, fs::FileSystem& files,
                                                 const Clock& clock, Metrics& metrics) {
  TRY(files.CreateDirectories(options.directory));
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(options), files, clock, metrics));
}

AuditLog::~AuditLog() {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  writer_.join();
  IgnoreFailure(Flush(), "it is logged");
}

void AuditLog::Record(AuditEntry entry) {
  entry.timestamp = clock_.NowMicros();
  const auto line = ToLine(entry);
  MutexLock lock(mutex_);
  if (pending_.size() + line.size() > kPendingBytesMax) {
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
  }
  if (lines.empty()) return {};
  auto written = Write(lines);
  if (!written.ok()) {
    file_.reset();  // the next entries get another
    const auto count = std::count(lines.begin(), lines.end(), '\n');
    dropped_.Add(static_cast<std::uint64_t>(count));
    LogError("audit: up to {} events are lost: {}", count, LogText(written.error()));
  }
  return written;
}

Result<void> AuditLog::Write(std::string_view lines) {
  if (file_ && file_->bytes_written() >= options_.file_bytes_max) {
    auto closed = file_->Close();
    file_.reset();
    TRY(std::move(closed));
  }
  if (!file_) {
    TRY(RemoveOld());
    file_ = TRY(files_.Create(options_.directory + "/" + NameOf(clock_.NowMicros())));
    TRY(files_.SyncDirectory(options_.directory));
  }
  TRY(file_->Append(lines));
  return file_->Sync();
}

Result<std::vector<std::string>> AuditLog::FilePaths() const {
  std::vector<std::string> names;
  for (auto& entry : TRY(files_.List(options_.directory))) {
    if (BeganAt(entry.name)) names.push_back(std::move(entry.name));
  }
  std::sort(names.rbegin(), names.rend());
  for (auto& name : names) name = options_.directory + "/" + name;
  return names;
}

// A file's entries are older than the beginning of the next.
Result<void> AuditLog::RemoveOld() {
  const auto oldest = clock_.NowMicros() - std::chrono::microseconds(options_.retention).count();
  const auto paths = TRY(FilePaths());
  for (std::size_t i = 1; i < paths.size(); i++) {
    const auto next = BeganAt(paths[i - 1].substr(options_.directory.size() + 1));
    if (*next < oldest) TRY(files_.Remove(paths[i]));
  }
  return {};
}

void AuditLog::Loop() {
  SetThreadName("audit");
  for (;;) {
    {
      MutexLock lock(mutex_);
      const auto next = std::chrono::steady_clock::now() + kWriteInterval;
      while (!is_stopped_ && stopped_.WaitUntil(lock, next) != std::cv_status::timeout) {
      }
      if (is_stopped_) return;
    }
    IgnoreFailure(Flush(), "it is logged");
  }
}

}  // namespace arc::audit
