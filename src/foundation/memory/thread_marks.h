// What the allocator knows about the calling thread, and the scopes that set it.
//
// Memory that a query asks for may be refused: then operator new throws std::bad_alloc, malloc
// returns null, and the query fails. Memory for anything else is never refused. So the allocator
// must know for whom a thread works. That cannot be passed as an argument, because DuckDB stands
// between us and the allocator.
//
// Threads: the marks belong to their thread.
// Without the process's allocator (sanitized builds, unit tests) nobody reads the marks.

#pragma once

#include <cstddef>

namespace arc::memory {

struct ThreadMarks {
  // What the thread asks for may be refused.
  bool is_refusable = false;
  // Its memory comes from the queries' arenas. Once true it stays true: what such a thread
  // allocates for other purposes is small.
  bool uses_query_arena = false;
  // Bytes that it got above limit() + slack() (query_account.h), since the account was last below
  // that line or refused the thread for good.
  std::size_t grace_bytes = 0;
};

inline constinit thread_local ThreadMarks thread_marks;

// While it lives, the calling thread works for a query; it begins with all its grace. May be
// nested.
//
// Not around code that must not fail half way: bookkeeping, locks on other threads' data, answers.
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
