// Memory that runs out at a chosen moment. Whoever links this library (arc_failing_memory) gets an
// operator new of its own; what C code allocates with malloc is not touched. Nor is what Arrow
// allocates: some of its constructors are noexcept all the same, and end the process
// (arrow::ChunkResolver), which nothing outside of it can help.
//
//   for (std::uint64_t nth = 0;; nth++) {
//     MemoryFailure failure(nth, MemoryFailure::Threads::kOthers);
//     Work();
//     if (!failure.has_come()) break;  // the work needs no more allocations than these
//   }

#pragma once

#include <cstdint>

namespace arc::testing {

// While it lives, one allocation throws std::bad_alloc: the `nth` that the chosen threads make, the
// first being 0. One at a time.
class MemoryFailure {
 public:
  enum class Threads { kThis, kOthers };
  enum class Lasts { kOnce, kFromThenOn };

  MemoryFailure(std::uint64_t nth, Threads threads, Lasts lasts = Lasts::kOnce);
  MemoryFailure(const MemoryFailure&) = delete;
  MemoryFailure& operator=(const MemoryFailure&) = delete;
  ~MemoryFailure();

  bool has_come() const;
  // There is memory again; also at the end of the lifetime.
  void End();
};

}  // namespace arc::testing
