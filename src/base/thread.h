// Threads with a name and a stack of a chosen size.

#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace arc {

// Names the calling thread for debuggers and `top -H`. At most 15 characters are kept.
void SetThreadName(const std::string& name);

// A thread whose stack may be larger than the usual 8 MiB. The stack is address space: pages that
// were never touched cost nothing.
//
// Lifetime: Join() or Abandon() before the destructor.
// Threads:  of its owner.
class Thread {
 public:
  Thread() = default;
  // Where the system refuses so large a stack, the thread has the usual one. `body` must not throw.
  // Throws std::system_error when there can be no thread at all.
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
  };
  static void* Main(void* state);
  static void ApplyIdle(pid_t id);

  std::shared_ptr<State> state_;
  pthread_t handle_{};
};

}  // namespace arc
