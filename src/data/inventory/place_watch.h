// Whether what the server has opened still is where it was: a folder that is removed, moved or
// covered by a mount takes writes as before, and nobody will find them.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/mutex.h"
#include "foundation/base/result.h"
#include "foundation/base/thread.h"
#include "foundation/fs/file_system.h"

namespace arc::inventory {

// Lifetime: started when everything is open, closed before anything is closed.
// Threads:  "data-watch", which looks once every interval; any may ask.
// The first place that is not there any more is the end: it stays the failure until a restart, also
// when the place comes back, for nobody knows what was written where meanwhile.
class PlaceWatch {
 public:
  struct Place {
    std::string what;  // "the data directory"
    std::string path;
  };
  struct Options {
    std::vector<Place> places{};
    // What else must be there, in words; nothing when it is. May block on the disk.
    std::function<std::optional<std::string>()> find_missing{};
    // Called once, on the thread that found it, without a lock.
    std::function<void(const Error&)> on_lost{};
    // Called on the watch's thread after each look.
    std::function<void()> on_looked{};
    std::chrono::milliseconds interval{1'000};
  };

  // Holds every place. Fails when one is not there.
  static Result<std::unique_ptr<PlaceWatch>> Start(Options options, fs::FileSystem& file_system);
  PlaceWatch(const PlaceWatch&) = delete;
  PlaceWatch& operator=(const PlaceWatch&) = delete;
  ~PlaceWatch() { Close(); }

  // Looks at the places now: a few microseconds. Fails with kUnavailable from the first failure on.
  Result<void> Check();
  // Looks at everything, as the thread does.
  Result<void> LookFurther();
  std::optional<Error> failure() const;

  void Close();

 private:
  struct HeldPlace {
    Place place;
    std::unique_ptr<fs::HeldPath> held;
  };

  explicit PlaceWatch(Options options) : options_(std::move(options)) {}
  void Loop();
  Error Lose(const std::string& what);

  const Options options_;
  std::vector<HeldPlace> places_;  // constant after Start

  mutable Mutex mutex_;
  Condition changed_;
  std::optional<Error> failure_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;

  Thread thread_;
};

}  // namespace arc::inventory
