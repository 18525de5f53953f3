// For C libraries that say by a null pointer that memory has run out.

#pragma once

#include <new>

namespace arc {

// Returns `made`, or throws std::bad_alloc when it is null: running out of memory ends the request,
// not the process.
template <class T>
T* Allocated(T* made) {
  if (made == nullptr) [[unlikely]] {
    throw std::bad_alloc();
  }
  return made;
}

}  // namespace arc
