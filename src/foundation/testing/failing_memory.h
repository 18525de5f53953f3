// Memory that runs out at a chosen moment. A program that links this library (arc_failing_memory)
// gets its operator new. What C code allocates with malloc never fails here. What Arrow allocates
// does not either: some of its constructors are noexcept although they allocate
// (arrow::ChunkResolver), and would end the process.
//
//   for (std::uint64_t nth = 0;; nth++) {
//     MemoryFailure failure(nth, MemoryFailure::Threads::kOthers);
//     Work();
//     if (!failure.has_come()) break;  // the work needs no more allocations than these
//   }

#pragma once

#include <cstdint>

namespace arc::testing {

// While it lives, the `nth` allocation that the chosen threads make throws std::bad_alloc, counted
// from 0; with kFromThenOn all later ones throw too. One at a time.
class MemoryFailure {
 public:
  enum class Threads { kThis, kOthers };
  enum class Lasts { kOnce, kFromThenOn };

  MemoryFailure(std::uint64_t nth, Threads threads, Lasts lasts = Lasts::kOnce);
  MemoryFailure(const MemoryFailure&) = delete;
  MemoryFailure& operator=(const MemoryFailure&) = delete;
  ~MemoryFailure();

  bool has_come() const;
  // Memory is there again. The destructor does the same.
  void End();
};

}  // namespace arc::testing
