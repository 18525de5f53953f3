// Owns a file descriptor, and repeats system calls that a signal interrupted.

#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace arc::fs {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { Close(); }

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

  // Returns errno, 0 for success. Never repeated: Linux has freed the number even when it fails.
  int Close() {
    if (!is_open()) return 0;
    return ::close(std::exchange(number_, -1)) == 0 ? 0 : errno;
  }

 private:
  int number_ = -1;
};

// Calls `system_call` again as long as a signal interrupts it.
template <class SystemCall>
auto RetryInterrupted(SystemCall system_call) {
  while (true) {
    const auto outcome = system_call();
    if (outcome != -1 || errno != EINTR) return outcome;
  }
}

}  // namespace arc::fs
