#include "data/inventory/place_watch.h"

#include <fmt/format.h>

#include <utility>

#include "foundation/base/exception_error.h"
#include "foundation/base/log.h"

namespace arc::inventory {

Result<std::unique_ptr<PlaceWatch>> PlaceWatch::Start(Options options,
                                                      fs::FileSystem& file_system) {
  std::unique_ptr<PlaceWatch> watch(new PlaceWatch(std::move(options)));
  for (const auto& place : watch->options_.places) {
    watch->places_.push_back({place, TRY(file_system.Hold(place.path))});
  }
  watch->thread_ = Thread("data-watch", [self = watch.get()] { self->Loop(); });
  return watch;
}

void PlaceWatch::Close() {
  {
    MutexLock lock(mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.Join();
}

void PlaceWatch::Loop() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      const auto due = std::chrono::steady_clock::now() + options_.interval;
      while (!is_closed_ && std::chrono::steady_clock::now() < due) changed_.WaitUntil(lock, due);
      if (is_closed_) return;
    }
    try {
      IgnoreFailure(LookFurther(), "on_lost was told");
      if (options_.on_looked) options_.on_looked();
    } catch (...) {
      LogExceptionOf("data-watch", "could not look; it looks again in a moment");
    }
  }
}

Result<void> PlaceWatch::Check() {
  if (auto failed = failure()) return *std::move(failed);
  for (const auto& [place, held] : places_) {
    const auto is_in_place = held->IsInPlace();
    // A disk that does not answer is not a lost place: whoever uses the disk gets its error.
    if (!is_in_place.ok() || is_in_place.value()) continue;
    return Lose(fmt::format("{} {} is not there any more", place.what, place.path));
  }
  return {};
}

Result<void> PlaceWatch::LookFurther() {
  TRY(Check());
  if (!options_.find_missing) return {};
  if (const auto missing = options_.find_missing()) return Lose(*missing);
  return {};
}

Error PlaceWatch::Lose(const std::string& what) {
  const Error error{ErrorCode::kUnavailable,
                    "part of the server's data has vanished: nothing is stored until it is put "
                    "back and the server is started again",
                    what};
  {
    MutexLock lock(mutex_);
    if (failure_) return *failure_;
    failure_ = error;
  }
  LogError(
      "data: {}: it was removed, moved or mounted over while the server ran; writes are "
      "refused until a restart",
      what);
  if (options_.on_lost) options_.on_lost(error);
  return error;
}

std::optional<Error> PlaceWatch::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

}  // namespace arc::inventory
