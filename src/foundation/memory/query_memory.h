// Runs work for a query, and makes an error of a refusal of memory.

#pragma once

#include <new>
#include <string>

#include "foundation/base/result.h"
#include "foundation/memory/thread_marks.h"

namespace arc::memory {

// What the client hears. kTooLarge: the same query alone would most likely fail again.
// `detail` is for the log: which piece was refused.
Error QueryOutOfMemory(std::string detail);

// Runs `work`, which returns a Result, on behalf of a query. A std::bad_alloc that leaves `work`
// becomes its error. When `work` throws, everything that outlives the query must be as it was.
template <class Work>
auto OnBehalfOfQuery(Work work) -> decltype(work()) {
  try {
    const QueryScope scope;
    return work();
  } catch (const std::bad_alloc&) {
    return QueryOutOfMemory("std::bad_alloc");
  }
}

}  // namespace arc::memory
