// The process's allocator as the rest of this folder knows it: set where there is one, so that what
// is built without it (unit tests, sanitized builds) links and runs.

#pragma once

namespace arc::memory {

struct AllocatorHooks {
  // Moves the calling thread to a query arena.
  void (*enter_query_arena)() = nullptr;
  // Gives back to the system what is kept for later. Milliseconds.
  void (*give_back)() = nullptr;
};

// Set once, before the first query thread.
extern AllocatorHooks allocator_hooks;

}  // namespace arc::memory
