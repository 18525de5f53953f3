// operator new and delete of the process, over jemalloc's malloc. They differ from the standard
// library's in one way: a query whose request failed has its arenas purged and asks once more.
//
// Every form is defined here: a missing one would come from the standard library and would be mixed
// with ours.

#include <jemalloc/jemalloc.h>

#include <cstdlib>
#include <new>

#include "foundation/memory/query_arenas.h"

namespace {

void* Allocate(std::size_t bytes) noexcept {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) [[unlikely]] {
    memory = arc::memory::AllocateAgain(bytes);
  }
  return memory;
}

void* AllocateOrThrow(std::size_t bytes) {
  void* memory = Allocate(bytes);
  if (memory == nullptr) [[unlikely]] {
    throw std::bad_alloc();
  }
  return memory;
}

// Aligned requests are rare and small, so they get no second try.
void* AllocateAligned(std::size_t bytes, std::align_val_t alignment) noexcept {
  return mallocx(bytes > 0 ? bytes : 1, MALLOCX_ALIGN(static_cast<std::size_t>(alignment)));
}

void* AllocateAlignedOrThrow(std::size_t bytes, std::align_val_t alignment) {
  void* memory = AllocateAligned(bytes, alignment);
  if (memory == nullptr) [[unlikely]] {
    throw std::bad_alloc();
  }
  return memory;
}

// With the size, jemalloc need not look it up.
void FreeSized(void* memory, std::size_t bytes) noexcept {
  if (memory != nullptr) sdallocx(memory, bytes > 0 ? bytes : 1, 0);
}

}  // namespace

void* operator new(std::size_t bytes) { return AllocateOrThrow(bytes); }
void* operator new[](std::size_t bytes) { return AllocateOrThrow(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return AllocateAlignedOrThrow(bytes, alignment);
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return AllocateAlignedOrThrow(bytes, alignment);
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return AllocateAligned(bytes, alignment);
}
void* operator new[](std::size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
  return AllocateAligned(bytes, alignment);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t bytes) noexcept { FreeSized(memory, bytes); }
void operator delete[](void* memory, std::size_t bytes) noexcept { FreeSized(memory, bytes); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
