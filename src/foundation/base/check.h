// CHECK stops the process when an invariant of our own is broken, in release builds too: a server
// that goes on would write the damage to disk. Never use it for bad input.

#pragma once

namespace arc {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const char* message);

#define CHECK(condition, message)                                  \
  do {                                                             \
    if (!(condition)) [[unlikely]] {                               \
      ::arc::CheckFailed(__FILE__, __LINE__, #condition, message); \
    }                                                              \
  } while (false)

}  // namespace arc
