// For builds whose malloc belongs to a sanitizer: there is nothing to count or refuse.

#include "foundation/memory/query_arenas.h"

namespace arc::memory {

bool UseQueryArenas() { return false; }
void* AllocateAgain(std::size_t) { return nullptr; }
void* ReallocateAgain(void*, std::size_t) { return nullptr; }

}  // namespace arc::memory
