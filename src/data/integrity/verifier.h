// Compares all stored files with what was written, in the background, and reports to DamagedFiles
// what is damaged and what is whole again.
//
// It does two kinds of work, one at a time, on its own thread:
// - A look, every minute: is each file there, with its size? It reads only files that were damaged
//   before, to see whether they are whole again, and at most 256 MiB of them. A path that the
//   catalog does not have any more is forgotten.
// - A pass, once a day at a limited rate, or at once and at full speed when somebody asks
//   (VerifyNow): reads every file to its end. Asking stops a slow pass, and a new one begins.
// It works on the list of files as it was when the work began, and holds no snapshot, so a file may
// be removed meanwhile. Before it reports a file it therefore asks the catalog whether the file
// still counts. An exception ends the work that runs; the next look comes a minute later, and the
// next slow pass on its day.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/catalog/catalog.h"
#include "data/integrity/damaged_files.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"

namespace arc::integrity {

// About the pass that runs, or about the last one.
struct VerifyStatus {
  std::uint64_t pass = 0;           // its number since the start; 0: no pass has begun yet
  std::uint64_t finished_pass = 0;  // the last one that was finished
  bool is_running = false;
  bool is_hurried = false;  // at full speed, because somebody asked
  // Microseconds since 1970-01-01T00:00:00Z. finished_at is that of finished_pass.
  std::int64_t started_at = 0, finished_at = 0;
  std::uint64_t file_count = 0, byte_count = 0;
  std::uint64_t checked_file_count = 0, checked_byte_count = 0;
  std::uint64_t damaged_count = 0;
};

// Lifetime: built by Server after the catalog, closed before it.
// Threads:  one of its own, "file-verify"; everything may be called from any thread.
// Limits:   a slow pass reads at most bytes_per_second. The verifier holds no snapshot, so it keeps
//           no removed file on the disk.
class Verifier {
 public:
  struct Options {
    std::string root;                    // of the storage
    std::uint64_t bytes_per_second = 0;  // 0: only when asked
    // When the first slow pass begins after the start, and the time from the begin of one pass to
    // the begin of the next.
    std::chrono::milliseconds first_pass_after = std::chrono::minutes(1);
    std::chrono::milliseconds pass_interval = std::chrono::hours(24);
    // The time between two looks; longer when a look itself takes long.
    std::chrono::milliseconds look_interval = std::chrono::minutes(1);
  };

  Verifier(Options options, fs::FileSystem& file_system, const catalog::Catalog& catalog,
           DamagedFiles& damaged_files, const Clock& clock, Metrics& metrics);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier() { Close(); }

  // Asks for a pass at full speed. Returns its number: that of the pass that runs at full speed
  // already, or that of the next one.
  std::uint64_t VerifyNow();
  VerifyStatus status() const;

  // Stops what runs, and joins the thread.
  void Close();

 private:
  using State = std::shared_ptr<const catalog::MeasurementState>;
  enum class Work : std::uint8_t { kStop, kLook, kPass };

  void Run();
  Work WaitForWork();
  void Pass();
  void Look();
  void GiveUpWork();
  // False when the pass was stopped.
  bool PassOver(const catalog::MeasurementState& state);
  void Settle(const catalog::MeasurementState& state, const catalog::FileEntry& file,
              const Result<void>& outcome);
  bool IsLive(const catalog::MeasurementState& state, const catalog::FileEntry& file) const;
  std::vector<State> Measurements() const;
  bool WaitToRead(std::uint64_t byte_count);

  const Options options_;
  fs::FileSystem& file_system_;
  const catalog::Catalog& catalog_;
  DamagedFiles& damaged_files_;
  const Clock& clock_;
  Counter& read_bytes_;

  std::atomic<bool> is_stopping_{false};  // set under mutex_
  mutable Mutex mutex_;
  Condition changed_;
  bool is_asked_for_ GUARDED_BY(mutex_) = false;
  VerifyStatus status_ GUARDED_BY(mutex_);
  Clock::SteadyTime next_pass_ GUARDED_BY(mutex_);
  Clock::SteadyTime next_look_ GUARDED_BY(mutex_);
  Clock::SteadyTime may_read_at_ GUARDED_BY(mutex_);

  Thread thread_;
};

}  // namespace arc::integrity
