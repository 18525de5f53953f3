// The one way to start a thread: with a name, a stack of a chosen size, an owner who joins it, and
// an answer to the exception that nobody caught.
//
// std::thread ends the process when an exception leaves the body. Here only the thread ends: the
// failure is logged and counted, and the first one is kept as text for /health. Nobody takes over
// the work of that thread until the server is restarted, so a body must itself catch the exceptions
// after which it can go on.
//
// The owner and the running thread share one State, which the last of the two destroys. So an owner
// may abandon a thread that does not come back: the thread still has its State, but everything else
// that its body uses must live as long as the process.
//
// In a test, a ThreadSchedule that was active when the thread was made decides when it runs.

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
// Lifetime: Join() or Abandon() before the destructor.
// Threads:  only the owner's thread calls these functions.
class Thread {
 public:
  Thread() = default;
  // With the usual stack.
  Thread(const std::string& name, std::function<void()> body) : Thread(name, 0, std::move(body)) {}
  // When the system refuses so large a stack, the thread gets the usual one. Throws
  // std::system_error when the system refuses that too.
  Thread(const std::string& name, std::size_t stack_bytes, std::function<void()> body);
  Thread(Thread&&) noexcept = default;
  Thread& operator=(Thread&&) noexcept = default;
  ~Thread();

  bool joinable() const { return state_ != nullptr; }
  void Join();
  // Gives the thread up, for ever. Everything it uses must stay.
  void Abandon();
  // Lowers the thread's priority as far as it goes: it gets the time that other threads leave, and
  // about 2 % of a core when they leave nothing.
  void MakeIdle();

 private:
  struct State {
    std::function<void()> body;
    std::string name;
    std::atomic<pid_t> id{0};  // the kernel's; zero before it runs
    std::atomic<bool> is_idle{false};
    ThreadSchedule* schedule = nullptr;  // the one that was active when the thread was made
    std::size_t number = 0;              // the thread's number in `schedule`
  };
  static void* Main(void* state);
  static void ApplyIdle(pid_t id);

  std::shared_ptr<State> state_;
  pthread_t handle_{};
};

// How many threads an exception has ended since the process began. Any thread may ask.
std::uint64_t FailedThreadCount();
// The first of them and its exception: "flush-schedule: std::bad_alloc". Empty when there was none.
std::string FirstThreadFailure();

}  // namespace arc
