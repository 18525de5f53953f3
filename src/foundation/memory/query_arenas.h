// The queries' part of the process's allocator: arenas of jemalloc whose pages are counted in the
// QueryAccount, and may be refused there.
//
// jemalloc is inside the `arc` binary and serves every malloc of the process; operator_new.cc and
// duckdb_allocator.cc bring in the two other ways to memory. Threads that work for queries use the
// arenas made here, all others those that jemalloc makes by itself.
//
// Threads: any.

#pragma once

#include <cstddef>

namespace arc::memory {

// Makes the arenas, as many as there are cores, 8 at most; from then on threads that begin to work
// for queries use them. Once a process, before the first of them.
// False where nothing is counted or refused: in builds whose malloc belongs to a sanitizer, and
// when jemalloc cannot make arenas.
bool UseQueryArenas();

// For a query's request of memory that failed: gives back to the system what its arenas keep for
// later, then asks once more; a thread in a destructor is not refused then. Null, and a refusal
// counted, when it fails again; null at once for threads that are not refused anything.
void* AllocateAgain(std::size_t bytes);
void* ReallocateAgain(void* old, std::size_t bytes);

}  // namespace arc::memory
