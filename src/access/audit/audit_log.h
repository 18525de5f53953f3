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
  std::uint64_t total_bytes_max = 1 << 30;  // of all files: the oldest go; two files at least
  std::chrono::hours retention{24 * 90};    // files whose entries are all older go
  bool has_reads = false;                   // whether reads are recorded
};

// Lifetime: outlives what records.
// Threads:  any. The thread `audit` writes what was recorded once a second, and syncs it: a power
//           cut costs a second of it, a crash of the server as well.
// Memory:   kPendingBytesMax; past it entries are dropped, counted in arc_audit_dropped_total and
//           told in the log.
// Disk:     total_bytes_max. The oldest files go before a write that would pass it, however young
//           they are; the one being written never does, and one that cannot be removed stays.
//           arc_audit_files_removed_total and the log tell of it.
// Failures: after a failed write or sync the entries stay in memory, in their order, and go to a
//           new file a second later, until it works. No file is synced after a failed sync of it.
//           What the failed file may hold of these entries is cut off before, or the file removed
//           when nothing else is in it. An entry is in two files when that cut fails, or when the
//           power does before it reaches the disk. An entry is lost past kPendingBytesMax, and when
//           the process ends before the disk works again.
class AuditLog {
 public:
  static constexpr std::size_t kPendingBytesMax = 8 << 20;

  // Makes the folder, and counts what is in it. Fails with kStorageFailed when it cannot.
  static Result<std::unique_ptr<AuditLog>> Open(AuditOptions options, fs::FileSystem& files,
                                                const Clock& clock, Metrics& metrics);
  // Writes what is left; what the disk refuses is lost.
  ~AuditLog();

  // Does not block on the disk. The time is set here.
  void Record(AuditEntry entry);
  // Writes out what was recorded; blocks. After a failure what is not on the disk still waits.
  Result<void> Flush();

  bool has_reads() const { return options_.has_reads; }
  // Of the files, newest first. They may go while they are read.
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
  // Takes off the front of `lines` what is on the disk for good, also when it fails.
  Result<void> WriteLines(std::string_view& lines) REQUIRES(file_mutex_);
  Result<void> WriteOrCatch(std::string_view& lines) REQUIRES(file_mutex_);
  void PutBack(std::string& lines) REQUIRES(file_mutex_);
  Result<void> BeginFile() REQUIRES(file_mutex_);
  void FinishFile() REQUIRES(file_mutex_);
  // Takes back what a failure left in the file of lines that are written again.
  Result<void> GiveUpFile() REQUIRES(file_mutex_);
  // What is too old, and what `bytes_needed` more bytes leave no room for.
  void RemoveOld(std::uint64_t bytes_needed) REQUIRES(file_mutex_);
  // False when the finished file stays.
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
  std::optional<File> file_ GUARDED_BY(file_mutex_);                // that is being written
  std::unique_ptr<fs::AppendFile> handle_ GUARDED_BY(file_mutex_);  // of it; null: it has failed
  bool is_failing_ GUARDED_BY(file_mutex_) = false;                 // the last write did
  // What the log has told of, and when: a failure once until it ends, the rest once an hour.
  std::uint64_t dropped_told_ GUARDED_BY(file_mutex_) = 0;
  std::uint64_t removed_told_ GUARDED_BY(file_mutex_) = 0;
  std::optional<Clock::SteadyTime> drops_told_at_ GUARDED_BY(file_mutex_);
  std::optional<Clock::SteadyTime> removals_told_at_ GUARDED_BY(file_mutex_);
  std::optional<Clock::SteadyTime> stuck_told_at_ GUARDED_BY(file_mutex_);
  Mutex mutex_;
  Condition stopped_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::string pending_ GUARDED_BY(mutex_);
  std::size_t writing_bytes_ GUARDED_BY(mutex_) = 0;  // taken from pending_ by a Flush that runs
  Thread writer_;
};

}  // namespace arc::audit
