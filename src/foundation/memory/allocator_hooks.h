// How the rest of this folder calls the process's allocator. Null in builds without it (unit tests,
// sanitized builds), so that these link and run all the same.

#pragma once

namespace arc::memory {

struct AllocatorHooks {
  // Moves the calling thread to a query arena.
  void (*enter_query_arena)() = nullptr;
  // Gives back to the system what the allocator keeps for later. Takes milliseconds.
  void (*give_back)() = nullptr;
};

// Set once, before the first query thread.
extern AllocatorHooks allocator_hooks;

}  // namespace arc::memory
