// Decides which thread runs next. In the server no schedule is active, and locks behave as usual.
// A test that wants to see every order of its threads activates one (testing/interleaving.h).

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace arc {

// Threads: Mutex, Condition and Thread call it, each on the thread that locks, waits or begins.
class ThreadSchedule {
 public:
  enum class Wake { kOne, kAll };

  virtual ~ThreadSchedule() = default;

  // Returns when the mutex is free and the caller is to take it.
  virtual void BeforeLock(const void* mutex) = 0;
  virtual void AfterUnlock(const void* mutex) = 0;
  // The caller has unlocked `mutex`. Returns when it may lock it again: true when it was notified,
  // false when the deadline has passed.
  virtual bool Wait(const void* condition, const void* mutex,
                    std::optional<std::chrono::steady_clock::time_point> deadline) = 0;
  virtual void Notify(const void* condition, Wake wake) = 0;

  // Called by the thread that starts another one; returns the number of the new thread.
  virtual std::size_t Spawn(const std::string& name) = 0;
  virtual void Begin(std::size_t number) = 0;
  virtual void End(std::size_t number) = 0;
  // Returns when that thread has ended.
  virtual void BeforeJoin(std::size_t number) = 0;

  // Null unless a test has set one.
  static ThreadSchedule* active() { return active_.load(std::memory_order_acquire); }
  static void Activate(ThreadSchedule* schedule) {
    active_.store(schedule, std::memory_order_release);
  }

 private:
  static inline std::atomic<ThreadSchedule*> active_{nullptr};
};

}  // namespace arc
