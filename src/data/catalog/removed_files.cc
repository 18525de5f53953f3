#include "data/catalog/removed_files.h"

#include <iterator>
#include <utility>

#include "foundation/base/check.h"

namespace arc::catalog {

std::shared_ptr<RemovedFiles> RemovedFiles::Make(std::vector<std::string> left_over) {
  std::shared_ptr<RemovedFiles> files(new RemovedFiles());
  MutexLock lock(files->mutex_);
  files->known_.insert(left_over.begin(), left_over.end());
  files->released_ = std::move(left_over);
  return files;
}

RemovedFiles::Pin RemovedFiles::Advance(std::vector<std::string> paths) {
  MutexLock lock(mutex_);
  known_.insert(paths.begin(), paths.end());
  if (!epochs_.empty()) epochs_.back().paths = std::move(paths);
  const auto number = first_number_ + epochs_.size();
  epochs_.emplace_back();
  // Points at nothing of its own: only its end counts.
  return {this, [self = shared_from_this(), number](const void*) { self->Unpin(number); }};
}

std::vector<std::string> RemovedFiles::UnknownOf(const std::vector<std::string>& paths) const {
  std::vector<std::string> unknown;
  MutexLock lock(mutex_);
  for (const auto& path : paths) {
    if (!known_.contains(path)) unknown.push_back(path);
  }
  return unknown;
}

void RemovedFiles::Forget(const std::vector<std::string>& paths) {
  MutexLock lock(mutex_);
  for (const auto& path : paths) known_.erase(path);
}

std::vector<std::string> RemovedFiles::All() const {
  MutexLock lock(mutex_);
  return {known_.begin(), known_.end()};
}

std::vector<std::string> RemovedFiles::TakeReleased(
    std::optional<std::chrono::steady_clock::time_point> until) {
  MutexLock lock(mutex_);
  while (released_.empty() && !is_stopped_) {
    if (!until) {
      changed_.Wait(lock);
    } else if (changed_.WaitUntil(lock, *until) == std::cv_status::timeout) {
      break;
    }
  }
  if (is_stopped_) return {};
  return std::exchange(released_, {});
}

void RemovedFiles::StopTaking() {
  MutexLock lock(mutex_);
  is_stopped_ = true;
  changed_.NotifyAll();
}

bool RemovedFiles::is_stopped() const {
  MutexLock lock(mutex_);
  return is_stopped_;
}

void RemovedFiles::Unpin(std::uint64_t number) {
  MutexLock lock(mutex_);
  CHECK(number >= first_number_ && number - first_number_ < epochs_.size(),
        "BUG: an epoch of the catalog is unpinned that is over");
  auto& epoch = epochs_[number - first_number_];
  CHECK(!epoch.is_unpinned, "BUG: an epoch of the catalog is unpinned twice");
  epoch.is_unpinned = true;
  ReleaseLocked();
}

void RemovedFiles::ReleaseLocked() {
  while (!epochs_.empty() && epochs_.front().is_unpinned) {
    auto& paths = epochs_.front().paths;
    std::move(paths.begin(), paths.end(), std::back_inserter(released_));
    epochs_.pop_front();
    first_number_++;
  }
  if (!released_.empty()) changed_.NotifyAll();
}

}  // namespace arc::catalog
