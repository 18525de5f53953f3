// The queries' part of the process's allocator: arenas of jemalloc whose pages are counted in the
// QueryAccount, and may be refused there.
//
// jemalloc is inside the `arc` binary and serves every malloc of the process; operator_new.cc and
// duckdb_allocator.cc lead the two other ways to memory here. Threads that work for queries use the
// arenas made here, all others use those that jemalloc makes by itself.
//
// A query's request that needs new pages goes like this:
//   1. jemalloc calls our Commit hook, which asks the account. The pages are counted from then on.
//   2. If the account refuses, jemalloc returns null, and operator new or DuckDB's allocator calls
//      AllocateAgain: it returns unused pages of all query arenas to the system (our Decommit hook
//      gives them back to the account) and asks again, up to eight times with 1 ms between.
//   3. If that fails too, the refusal is counted; operator new throws std::bad_alloc, DuckDB throws
//      its OutOfMemoryException, and the query ends. The arenas stay as they were.
// A thread that is in a destructor is never refused in step 2, because it may not throw.
//
// Threads: any.

#pragma once

#include <cstddef>

namespace arc::memory {

// Makes the arenas, as many as there are cores, 8 at most; from then on threads that begin to work
// for queries use them. Call it once, before the first such thread.
// Returns false when nothing will be counted or refused: in builds whose malloc belongs to a
// sanitizer, and when jemalloc cannot make arenas.
bool UseQueryArenas();

// Step 2 above, for a request that failed. Null when it fails again, and null at once on a thread
// that does not work for a query (the system itself has no memory then).
void* AllocateAgain(std::size_t bytes);
void* ReallocateAgain(void* old, std::size_t bytes);

}  // namespace arc::memory
