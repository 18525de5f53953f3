// Goes round all stored files in the background and compares them with what was written: slowly by
// itself, at full speed when asked. Tells DamagedFiles what it finds, also what is whole again.

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

// Of the pass that runs, or of the last one.
struct VerifyStatus {
  std::uint64_t pass = 0;           // its number since the start; 0: none has begun
  std::uint64_t finished_pass = 0;  // the last one that came to its end
  bool is_running = false;
  bool is_hurried = false;  // at full speed, because somebody asked
  // Microseconds since 1970-01-01T00:00:00Z; finished_at of the last one that came to its end.
  std::int64_t started_at = 0, finished_at = 0;
  std::uint64_t file_count = 0, byte_count = 0;
  std::uint64_t checked_file_count = 0, checked_byte_count = 0;
  std::uint64_t damaged_count = 0;
};

// Lifetime: built by Server after the catalog, closed before it.
// Threads:  one of its own, "file-verify"; everything may be called from any thread.
// Limits:   reads bytes_per_second at most while nobody asks for more. It holds no snapshot:
//           removed files go while it runs.
class Verifier {
 public:
  struct Options {
    std::string root;                    // of the storage
    std::uint64_t bytes_per_second = 0;  // 0: only when asked
    // A slow pass begins so long after the start, and so long after the one before began.
    std::chrono::milliseconds first_pass_after = std::chrono::minutes(1);
    std::chrono::milliseconds pass_interval = std::chrono::hours(24);
    // So often all files are looked at without reading them: are they there, with their size, and
    // are those that were damaged whole again? Less often where that takes long.
    std::chrono::milliseconds look_interval = std::chrono::minutes(1);
  };

  Verifier(Options options, fs::FileSystem& file_system, const catalog::Catalog& catalog,
           DamagedFiles& damaged_files, const Clock& clock, Metrics& metrics);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier() { Close(); }

  // Has all files verified at full speed. Returns the number of the pass that does it: one that
  // runs at full speed already, or the next.
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
  // False when it was stopped.
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
