// A std::mutex whose use Clang checks: fields say GUARDED_BY(mutex_), functions that need the
// lock say REQUIRES(mutex_). GCC ignores the attributes.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "foundation/base/thread_schedule.h"

#if defined(__clang__)
#define ARC_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define ARC_THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(name) ARC_THREAD_ATTRIBUTE(capability(name))
#define SCOPED_CAPABILITY ARC_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(mutex) ARC_THREAD_ATTRIBUTE(guarded_by(mutex))
#define REQUIRES(...) ARC_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) ARC_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) ARC_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) ARC_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace arc {

class CAPABILITY("mutex") Mutex {
 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_, std::defer_lock) {
    if (auto* schedule = ThreadSchedule::active()) schedule->BeforeLock(lock_.mutex());
    lock_.lock();
  }
  ~MutexLock() RELEASE() {
    lock_.unlock();
    if (auto* schedule = ThreadSchedule::active()) schedule->AfterUnlock(lock_.mutex());
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// A condition variable for code that holds a MutexLock. Wake-ups may be spurious: wait in a loop.
class Condition {
 public:
  void Wait(MutexLock& lock) {
    auto* schedule = ThreadSchedule::active();
    if (schedule == nullptr) return condition_.wait(lock.lock_);
    WaitScheduled(*schedule, lock, std::nullopt);
  }
  std::cv_status WaitUntil(MutexLock& lock, std::chrono::steady_clock::time_point deadline) {
    auto* schedule = ThreadSchedule::active();
    if (schedule == nullptr) return condition_.wait_until(lock.lock_, deadline);
    const bool is_notified = WaitScheduled(*schedule, lock, deadline);
    return is_notified ? std::cv_status::no_timeout : std::cv_status::timeout;
  }
  void NotifyOne() { Notify(ThreadSchedule::Wake::kOne); }
  void NotifyAll() { Notify(ThreadSchedule::Wake::kAll); }

 private:
  bool WaitScheduled(ThreadSchedule& schedule, MutexLock& lock,
                     std::optional<std::chrono::steady_clock::time_point> deadline) {
    lock.lock_.unlock();
    const bool is_notified = schedule.Wait(this, lock.lock_.mutex(), deadline);
    lock.lock_.lock();
    return is_notified;
  }
  void Notify(ThreadSchedule::Wake wake) {
    if (auto* schedule = ThreadSchedule::active()) schedule->Notify(this, wake);
    wake == ThreadSchedule::Wake::kOne ? condition_.notify_one() : condition_.notify_all();
  }

  std::condition_variable condition_;
};

}  // namespace arc
