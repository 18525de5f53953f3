// What the allocator knows of the calling thread, and the scopes that say it.
//
// Memory that a query asks for may be refused: then operator new throws std::bad_alloc, malloc
// returns null, and the query fails. Memory that anybody else asks for is never refused. So the
// allocator must know for whom a thread works: the one fact that cannot be handed down as an
// argument, because DuckDB is between us and it.
//
// Threads: marks belong to their thread.
// Without the process's allocator (sanitized builds, unit tests) marks are set and nobody asks.

#pragma once

#include <cstddef>

namespace arc::memory {

struct ThreadMarks {
  // What the thread asks for may be refused.
  bool is_refusable = false;
  // Its memory comes from the queries' arenas. Once true it stays so: what a query thread needs
  // beside is small.
  bool uses_query_arena = false;
  // What it got in small pieces above the queries' limit, since it was last below it or refused.
  std::size_t grace_bytes = 0;
};

inline constinit thread_local ThreadMarks thread_marks;

// While it lives the calling thread works for a query, and begins with all its grace. May be
// nested.
//
// Not around code that must not fail half way: bookkeeping, locks of other threads' data, answers.
class QueryScope {
 public:
  QueryScope();
  QueryScope(const QueryScope&) = delete;
  QueryScope& operator=(const QueryScope&) = delete;
  ~QueryScope() { thread_marks.is_refusable = was_refusable_; }

 private:
  const bool was_refusable_;
};

// The calling thread works for queries from now on: DuckDB's own.
void BecomeQueryThread();

}  // namespace arc::memory
