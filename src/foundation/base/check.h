// CHECK stops the process on a broken invariant of our own, in release builds too: a server that
// carries on after one writes the damage to disk. It is never for bad input.

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
