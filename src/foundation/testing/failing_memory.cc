#include "foundation/testing/failing_memory.h"

#include <dlfcn.h>
#include <execinfo.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

#include "foundation/base/check.h"

namespace arc::testing {
namespace {

enum class Arming : std::uint8_t { kNone, kMarked, kUnmarked };

std::atomic<Arming> arming{Arming::kNone};
std::atomic<bool> lasts_on{false};
std::atomic<std::uint64_t> left{0};
std::atomic<std::uint64_t> failed_count{0};
thread_local bool is_marked = false;  // the thread that made the MemoryFailure

// Whether Arrow is among the callers.
bool IsWithinArrow() {
  std::array<void*, 64> frames{};
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  for (int i = 0; i < count; i++) {
    Dl_info info{};
    if (dladdr(frames[static_cast<std::size_t>(i)], &info) == 0 || info.dli_fname == nullptr) {
      continue;
    }
    const std::string_view library(info.dli_fname);
    if (library.find("/libarrow") != std::string_view::npos ||
        library.find("/libparquet") != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool IsToFail() {
  const auto chosen = arming.load(std::memory_order_relaxed);
  if (chosen == Arming::kNone || (chosen == Arming::kMarked) != is_marked) return false;
  if (left.load() > 0) {
    left--;
    return false;
  }
  if (failed_count > 0 && !lasts_on) return false;
  if (IsWithinArrow()) return false;
  if (failed_count++ > 0) return lasts_on;
  return true;
}

void* Allocate(std::size_t byte_count, std::size_t alignment) {
  if (IsToFail()) return nullptr;
  if (byte_count == 0) byte_count = 1;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(byte_count);
  return std::aligned_alloc(alignment, (byte_count + alignment - 1) / alignment * alignment);
}

void* AllocateOrThrow(std::size_t byte_count, std::size_t alignment) {
  if (void* memory = Allocate(byte_count, alignment)) return memory;
  throw std::bad_alloc();
}

}  // namespace

MemoryFailure::MemoryFailure(std::uint64_t nth, Threads threads, Lasts lasts) {
  CHECK(arming == Arming::kNone, "memory fails in two ways at once");
  is_marked = true;
  left = nth;
  failed_count = 0;
  lasts_on = lasts == Lasts::kFromThenOn;
  arming = threads == Threads::kThis ? Arming::kMarked : Arming::kUnmarked;
}

MemoryFailure::~MemoryFailure() { End(); }

bool MemoryFailure::has_come() const { return failed_count > 0; }

void MemoryFailure::End() {
  arming = Arming::kNone;
  is_marked = false;
}

}  // namespace arc::testing

void* operator new(std::size_t byte_count) {
  return arc::testing::AllocateOrThrow(byte_count, alignof(std::max_align_t));
}
void* operator new[](std::size_t byte_count) {
  return arc::testing::AllocateOrThrow(byte_count, alignof(std::max_align_t));
}
void* operator new(std::size_t byte_count, std::align_val_t alignment) {
  return arc::testing::AllocateOrThrow(byte_count, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t byte_count, std::align_val_t alignment) {
  return arc::testing::AllocateOrThrow(byte_count, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t byte_count, const std::nothrow_t&) noexcept {
  return arc::testing::Allocate(byte_count, alignof(std::max_align_t));
}
void* operator new[](std::size_t byte_count, const std::nothrow_t&) noexcept {
  return arc::testing::Allocate(byte_count, alignof(std::max_align_t));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
