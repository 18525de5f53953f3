// The one way to start a thread: with a name, a stack of a chosen size, an owner who joins it, and
// an answer to the exception that nobody caught.

#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace arc {

class ThreadSchedule;

// Names the calling thread for debuggers and `top -H`. At most 15 characters are kept.
void SetThreadName(const std::string& name);

// A thread whose stack may be larger than the usual 8 MiB. The stack is address space: pages that
// were never touched cost nothing.
//
// A body catches what it can go on after; an exception that leaves it ends the thread, never the
// process, and is kept for /health: what the thread did is not done any more, until a restart.
//
// Lifetime: Join() or Abandon() before the destructor.
// Threads:  of its owner.
class Thread {
 public:
  Thread() = default;
  // With the usual stack.
  Thread(const std::string& name, std::function<void()> body) : Thread(name, 0, std::move(body)) {}
  // Where the system refuses so large a stack, the thread has the usual one. Throws
  // std::system_error when there can be no thread at all.
  Thread(const std::string& name, std::size_t stack_bytes, std::function<void()> body);
  Thread(Thread&&) noexcept = default;
  Thread& operator=(Thread&&) noexcept = default;
  ~Thread();

  bool joinable() const { return state_ != nullptr; }
  void Join();
  // Leaves it to itself, for ever. What it uses must stay.
  void Abandon();
  // Lets all others go first: it gets what they leave, and a fiftieth of a core where they leave
  // nothing.
  void MakeIdle();

 private:
  struct State {
    std::function<void()> body;
    std::string name;
    std::atomic<pid_t> id{0};  // the kernel's; zero before it runs
    std::atomic<bool> is_idle{false};
    ThreadSchedule* schedule = nullptr;  // that was active when it began
    std::size_t number = 0;              // there
  };
  static void* Main(void* state);
  static void ApplyIdle(pid_t id);

  std::shared_ptr<State> state_;
  pthread_t handle_{};
};

// Threads that were ended by an exception since the process began. Any thread may ask.
std::uint64_t FailedThreadCount();
// Which was the first, and by what: "flush-schedule: std::bad_alloc". Empty when none was.
std::string FirstThreadFailure();

}  // namespace arc
