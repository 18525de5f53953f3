// What a C library has made, which says by a null pointer that memory has run out.

#pragma once

#include <new>

namespace arc {

// `made`, or std::bad_alloc: to be in want of memory is the end of a request, not of the process.
template <class T>
T* Allocated(T* made) {
  if (made == nullptr) [[unlikely]] {
    throw std::bad_alloc();
  }
  return made;
}

}  // namespace arc
