// A std::mutex whose use Clang checks: fields say GUARDED_BY(mutex_), functions that need the
// lock say REQUIRES(mutex_). GCC ignores the attributes.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

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
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() RELEASE() {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// A condition variable for code that holds a MutexLock. Wake-ups may be spurious: wait in a loop.
class Condition {
 public:
  void Wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  template <class Clock, class Duration>
  std::cv_status WaitUntil(MutexLock& lock,
                           const std::chrono::time_point<Clock, Duration>& deadline) {
    return condition_.wait_until(lock.lock_, deadline);
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace arc
