#include "data/integrity/damaged_files.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "foundation/base/log.h"

namespace arc::integrity {
namespace {

constexpr std::size_t kNamedMax = 5;

}  // namespace

std::string_view ToWord(Damage damage) {
  switch (damage) {
    case Damage::kMissing:
      return "missing";
    case Damage::kWrong:
      return "damaged";
    case Damage::kUnreadable:
      return "unreadable";
  }
  return "damaged";
}

std::optional<Damage> DamageOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return Damage::kMissing;
    case ErrorCode::kCorruptData:
      return Damage::kWrong;
    case ErrorCode::kStorageFailed:
      return Damage::kUnreadable;
    default:
      return std::nullopt;
  }
}

DamagedFiles::DamagedFiles(const Clock& clock, Metrics& metrics)
    : clock_(clock),
      found_(metrics.AddCounter("arc_damaged_files_found_total",
                                "Stored files found missing or damaged since the start.")) {
  metrics.AddGauge("arc_damaged_files", "Stored files that are missing or damaged just now.",
                   [this] { return static_cast<double>(count()); });
}

void DamagedFiles::Report(const std::string& path, Damage damage, const std::string& what) {
  std::uint64_t suppressed = 0;
  {
    const MutexLock lock(mutex_);
    const auto known = files_.find(path);
    if (known != files_.end()) {
      known->second.damage = damage;
      known->second.what = what;
      return;
    }
    found_.Add();
    if (files_.size() < kFilesMax) {
      files_[path] = {path, damage, what, clock_.NowMicros()};
    } else {
      forgotten_count_++;
    }
    if (!MayLogLocked(suppressed)) return;
  }
  LogError("stored file {} is {}: {}; its rows cannot be read", path, ToWord(damage), what);
  if (suppressed > 0) LogError("{} more damaged files were not logged, see /health", suppressed);
}

void DamagedFiles::ReportError(const std::string& path, const Error& error) {
  if (const auto damage = DamageOf(error)) {
    Report(path, *damage, *damage == Damage::kMissing ? "it is not on disk" : error.message);
  }
}

void DamagedFiles::Forget(const std::string& path) {
  const MutexLock lock(mutex_);
  files_.erase(path);
  if (files_.empty()) forgotten_count_ = 0;
}

bool DamagedFiles::MayLogLocked(std::uint64_t& suppressed) {
  const auto now = clock_.NowSteady();
  if (logged_count_ == 0 || now - minute_begin_ >= std::chrono::minutes(1)) {
    minute_begin_ = now;
    logged_count_ = 0;
    suppressed = std::exchange(suppressed_count_, 0);
  }
  if (logged_count_ < kLoggedPerMinute) {
    logged_count_++;
    return true;
  }
  suppressed_count_++;
  return false;
}

std::size_t DamagedFiles::count() const {
  const MutexLock lock(mutex_);
  return files_.size();
}

std::vector<DamagedFile> DamagedFiles::List() const {
  std::vector<DamagedFile> list;
  const MutexLock lock(mutex_);
  for (const auto& [path, file] : files_) list.push_back(file);
  return list;
}

std::optional<std::string> DamagedFiles::Problem() const {
  const MutexLock lock(mutex_);
  if (files_.empty()) return std::nullopt;
  std::string names;
  std::size_t named = 0;
  for (const auto& [path, file] : files_) {
    if (named++ == kNamedMax) {
      names += ", ...";
      break;
    }
    if (!names.empty()) names += ", ";
    names += fmt::format("{} ({}: {})", path, ToWord(file.damage), file.what);
  }
  return fmt::format(
      "{}{} stored files are missing or damaged, queries that need their rows fail: {}; put them "
      "back from a backup",
      forgotten_count_ > 0 ? "more than " : "", files_.size(), names);
}

}  // namespace arc::integrity
