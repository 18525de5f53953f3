#include "foundation/memory/query_memory.h"

#include <utility>

namespace arc::memory {

Error QueryOutOfMemory(std::string detail) {
  return {ErrorCode::kTooLarge,
          "The query needs more memory than there is for queries: ask for less at once (fewer rows "
          "or columns, smaller values), or try again when fewer queries run. The operator can "
          "raise database.memory_limit and server.memory_limit",
          std::move(detail)};
}

}  // namespace arc::memory
