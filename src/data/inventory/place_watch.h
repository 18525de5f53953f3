// Whether the folders and files that the server has opened are still in their places. An open file
// whose folder was removed, moved or covered by a mount still takes writes, but nobody will ever
// find them.
//
// At the start every place is held open (fs::HeldPath). A look asks the system whether the path
// still leads to the held thing. The first place that does not is final: the failure stays until a
// restart, also when the place comes back, because nobody knows what was written where meanwhile.
// `on_lost` is called once, so that the server stops to accept writes. A disk that gives no answer
// is not a lost place: the reads and writes that use it report that themselves. A look that ends
// with an exception is logged and repeated one interval later.

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
// Threads:  "data-watch" looks once every interval; any thread may ask.
class PlaceWatch {
 public:
  struct Place {
    std::string what;  // "the data directory"
    std::string path;
  };
  struct Options {
    std::vector<Place> places{};
    // Looks for other things that must be there. Returns what is missing, in words, or nothing. May
    // block on the disk.
    std::function<std::optional<std::string>()> find_missing{};
    // Called once, on the thread that found the loss, without a lock.
    std::function<void(const Error&)> on_lost{};
    // Called on the watch's thread after each look.
    std::function<void()> on_looked{};
    std::chrono::milliseconds interval{1'000};
  };

  // Holds every place. Fails when one is missing.
  static Result<std::unique_ptr<PlaceWatch>> Start(Options options, fs::FileSystem& file_system);
  PlaceWatch(const PlaceWatch&) = delete;
  PlaceWatch& operator=(const PlaceWatch&) = delete;
  ~PlaceWatch() { Close(); }

  // Looks at the places now; takes a few microseconds. Fails with kUnavailable from the first loss
  // on.
  Result<void> Check();
  // Check, and find_missing: what the thread does.
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
