// Which stored files are known to be missing or damaged. Queries and the verifier report here what
// they notice. /health, /metrics and queries that skip such files ask here.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/time/clock.h"

namespace arc::integrity {

enum class Damage : std::uint8_t {
  kMissing,     // not on disk
  kWrong,       // its bytes are not those that were written
  kUnreadable,  // the disk refuses to read it
};
// "missing", "damaged", "unreadable".
std::string_view ToWord(Damage damage);
// What an error of opening or reading a file says about the file. Nothing when the file is not the
// reason, as when the process has too many files open.
std::optional<Damage> DamageOf(const Error& error);

struct DamagedFile {
  std::string path;  // as in the catalog
  Damage damage{};
  std::string what;           // a clause for people: "block 3 of 7, ... is not as it was written"
  std::int64_t found_at = 0;  // microseconds since 1970-01-01T00:00:00Z

  bool operator==(const DamagedFile&) const = default;
};

// Lifetime: owned by Server; outlives everything that reports to it.
// Threads:  any.
// Limits:   remembers kFilesMax files; more are only counted and logged. Logs the first
//           kLoggedPerMinute reports of each minute.
class DamagedFiles {
 public:
  static constexpr std::size_t kFilesMax = 10'000;
  static constexpr int kLoggedPerMinute = 20;

  DamagedFiles(const Clock& clock, Metrics& metrics);
  DamagedFiles(const DamagedFiles&) = delete;
  DamagedFiles& operator=(const DamagedFiles&) = delete;

  // A report of a file that is known already is not logged again.
  void Report(const std::string& path, Damage damage, const std::string& what);
  // Reports the file if DamageOf(`error`) says something about it.
  void ReportError(const std::string& path, const Error& error);
  // The file is whole again, or the catalog does not have it any more.
  void Forget(const std::string& path);

  std::size_t count() const;
  // Sorted by path.
  std::vector<DamagedFile> List() const;
  // For /health: how many files are damaged, with the first few names; nothing when there are none.
  std::optional<std::string> Problem() const;

 private:
  bool MayLogLocked(std::uint64_t& suppressed) REQUIRES(mutex_);

  const Clock& clock_;
  Counter& found_;

  mutable Mutex mutex_;
  std::map<std::string, DamagedFile> files_ GUARDED_BY(mutex_);
  std::uint64_t forgotten_count_ GUARDED_BY(mutex_) = 0;  // not remembered: more than kFilesMax
  Clock::SteadyTime minute_begin_ GUARDED_BY(mutex_){};
  int logged_count_ GUARDED_BY(mutex_) = 0;
  std::uint64_t suppressed_count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace arc::integrity
