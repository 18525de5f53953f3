// Writes the audit log: files of JSON lines, in a folder of their own.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "audit/audit_entry.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/result.h"
#include "fs/file_system.h"

namespace arc::audit {

struct AuditOptions {
  std::string directory;
  std::uint64_t file_bytes_max = 16 << 20;  // then the next file begins
  std::chrono::hours retention{24 * 90};    // files whose entries are all older go
  bool has_reads = false;                   // whether reads are recorded
};

// Lifetime: outlives what records.
// Threads:  any. The thread `audit` writes what was recorded once a second, and syncs it: a power
//           cut costs a second of it, a crash of the server as well.
// Memory:   kPendingBytesMax; past it entries are dropped, counted in arc_audit_dropped_total and
//           told in the log.
class AuditLog {
 public:
  static constexpr std::size_t kPendingBytesMax = 8 << 20;

  // Makes the folder. Fails with kStorageFailed when it cannot.
  static Result<std::unique_ptr<AuditLog>> Open(AuditOptions options, fs::FileSystem& files,
                                                const Clock& clock, Metrics& metrics);
  // Writes what is left.
  ~AuditLog();

  // Does not block on the disk. The time is set here.
  void Record(AuditEntry entry);
  // Writes out what was recorded; blocks.
  Result<void> Flush();

  bool has_reads() const { return options_.has_reads; }
  // Of the files, newest first. They may go while they are read.
  Result<std::vector<std::string>> FilePaths() const;

 private:
  AuditLog(AuditOptions options, fs::FileSystem& files, const Clock& clock, Metrics& metrics);

  void Loop();
  Result<void> Write(std::string_view lines) REQUIRES(file_mutex_);
  Result<void> RemoveOld() REQUIRES(file_mutex_);

  const AuditOptions options_;
  fs::FileSystem& files_;
  const Clock& clock_;
  Counter& recorded_;
  Counter& dropped_;
  Mutex file_mutex_;  // taken before mutex_
  std::unique_ptr<fs::AppendFile> file_ GUARDED_BY(file_mutex_);
  Mutex mutex_;
  Condition stopped_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::string pending_ GUARDED_BY(mutex_);
  std::thread writer_;
};

}  // namespace arc::audit
