// DuckDB's own allocator, taken over. libduckdb.so brings a jemalloc of its own, with the prefix
// duckdb_je_, for its vectors, arenas and blocks. It calls the three functions below through the
// dynamic linker, which finds those of the executable first (tests/linking_test.py). So everything
// that DuckDB allocates comes from the one allocator of the process.
//
// Null makes DuckDB throw its OutOfMemoryException, which fails the query and nothing else.

#include <cstdlib>

#include "foundation/memory/query_arenas.h"

extern "C" {

void* duckdb_je_malloc(std::size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) [[unlikely]] {
    memory = arc::memory::AllocateAgain(bytes);
  }
  return memory;
}

void duckdb_je_free(void* memory) { std::free(memory); }

void* duckdb_je_realloc(void* old, std::size_t bytes) {
  void* memory = std::realloc(old, bytes);
  if (memory == nullptr && bytes > 0) [[unlikely]] {
    memory = arc::memory::ReallocateAgain(old, bytes);
  }
  return memory;
}

// DuckDB calls it after tasks. It belongs to glibc's malloc, which this process does not use.
int malloc_trim(std::size_t) { return 0; }
}
