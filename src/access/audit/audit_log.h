// Writes the audit log: files of JSON lines, in a folder of their own.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/audit/audit_entry.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::audit {

struct AuditOptions {
  std::string directory;
  std::uint64_t file_bytes_max = 16 << 20;  // then the next file begins
  std::uint64_t total_bytes_max = 1 << 30;  // of all files: the oldest are removed
  std::chrono::hours retention{24 * 90};    // files whose entries are all older are removed
  bool has_reads = false;                   // whether reads are recorded
};

// Lifetime: longer than everything that records.
// Threads:  any. The thread `audit` writes and syncs the recorded entries once a second, so a power
//           cut or a crash of the server loses the last second.
// Memory:   kPendingBytesMax. When they are full, entries are dropped, counted in
//           arc_audit_dropped_total and reported in the log.
// Disk:     total_bytes_max. Before a write that would pass it, the oldest files are removed,
//           however young they are. The file being written is never removed; a file that cannot be
//           removed stays. arc_audit_files_removed_total and the log report removals.
// Failures: after a failed write or sync the entries stay in memory, in their order. A second later
//           they go to a new file, and so on until it works. A file whose sync failed is not synced
//           again. First these entries are cut off the failed file, or the file is removed when it
//           holds nothing else. If the cut fails, or the power fails before the cut is on the disk,
//           an entry is in two files. An entry is lost when kPendingBytesMax are full, and when the
//           process ends before the disk works again.
class AuditLog {
 public:
  static constexpr std::size_t kPendingBytesMax = 8 << 20;

  // Makes the folder and lists the files in it. Fails with kStorageFailed when it cannot.
  static Result<std::unique_ptr<AuditLog>> Open(AuditOptions options, fs::FileSystem& files,
                                                const Clock& clock, Metrics& metrics);
  // Writes what is left; what the disk refuses is lost.
  ~AuditLog();

  // Does not block on the disk. Sets the entry's time.
  void Record(AuditEntry entry);
  // Writes out what was recorded; blocks. After a failure the entries that are not on the disk
  // still wait.
  Result<void> Flush();

  bool has_reads() const { return options_.has_reads; }
  // The paths of the files, newest first. Files may be removed while they are read.
  Result<std::vector<std::string>> FilePaths() const;

 private:
  struct File {
    std::string path;
    std::int64_t began_at = 0;     // microseconds UTC
    std::uint64_t byte_count = 0;  // that are synced
  };

  AuditLog(AuditOptions options, std::vector<File> old_files, fs::FileSystem& files,
           const Clock& clock, Metrics& metrics);
  // Oldest first.
  static Result<std::vector<File>> FilesIn(fs::FileSystem& files, const std::string& directory);

  void Loop();
  // Removes from the front of `lines` what is durable on the disk, also when it fails later.
  Result<void> WriteLines(std::string_view& lines) REQUIRES(file_mutex_);
  Result<void> WriteOrCatch(std::string_view& lines) REQUIRES(file_mutex_);
  void PutBack(std::string& lines) REQUIRES(file_mutex_);
  Result<void> BeginFile() REQUIRES(file_mutex_);
  void FinishFile() REQUIRES(file_mutex_);
  // Cuts off the failed file the lines that will be written again.
  Result<void> GiveUpFile() REQUIRES(file_mutex_);
  // Removes files that are too old, and the oldest ones until `bytes_needed` more bytes fit.
  void RemoveOld(std::uint64_t bytes_needed) REQUIRES(file_mutex_);
  // False when the file could not be removed.
  bool Remove(std::size_t index, Counter& removed) REQUIRES(file_mutex_);
  void TellOfRemovals() REQUIRES(file_mutex_);
  void TellOfWrite(const Result<void>& written) REQUIRES(file_mutex_);

  const AuditOptions options_;
  fs::FileSystem& files_;
  const Clock& clock_;
  Counter& recorded_;
  Counter& dropped_;
  Counter& removed_for_age_;
  Counter& removed_for_size_;
  Mutex file_mutex_;                                   // taken before mutex_
  std::deque<File> finished_ GUARDED_BY(file_mutex_);  // oldest first
  std::uint64_t finished_bytes_ GUARDED_BY(file_mutex_);
  std::optional<File> file_ GUARDED_BY(file_mutex_);                // the one being written
  std::unique_ptr<fs::AppendFile> handle_ GUARDED_BY(file_mutex_);  // of file_; null: it failed
  bool is_failing_ GUARDED_BY(file_mutex_) = false;                 // the last write failed
  // What the log has reported, and when: a failure once until it ends, the rest once an hour.
  std::uint64_t dropped_told_ GUARDED_BY(file_mutex_) = 0;
  std::uint64_t removed_told_ GUARDED_BY(file_mutex_) = 0;
  std::optional<Clock::SteadyTime> drops_told_at_ GUARDED_BY(file_mutex_);
  std::optional<Clock::SteadyTime> removals_told_at_ GUARDED_BY(file_mutex_);
  std::optional<Clock::SteadyTime> stuck_told_at_ GUARDED_BY(file_mutex_);
  Mutex mutex_;
  Condition stopped_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::string pending_ GUARDED_BY(mutex_);
  std::size_t writing_bytes_ GUARDED_BY(mutex_) = 0;  // that a running Flush took from pending_
  Thread writer_;
};

}  // namespace arc::audit
