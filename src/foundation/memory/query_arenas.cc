#include "foundation/memory/query_arenas.h"

#include <jemalloc/jemalloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "foundation/memory/allocator_hooks.h"
#include "foundation/memory/ending_frames.h"
#include "foundation/memory/query_account.h"
#include "foundation/memory/thread_marks.h"

// Read by jemalloc at its first allocation, before main. Unused pages go back to the system within
// ten seconds; jemalloc's own threads see to it when no other thread does. Sooner would be wrong:
// writers would pay for taking the pages again. The last option applies the same to pieces of 8 MiB
// and more, which jemalloc would give back at once. docs/decisions/0008 has the measurements.
extern "C" {
const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:10000,muzzy_decay_ms:0,oversize_threshold:0";
}

namespace arc::memory {
namespace {

constexpr unsigned kArenasMax = 8;
// Address space is taken in pieces that grow until they have this size.
constexpr std::size_t kGrowBytesMax = std::size_t{64} << 20;

std::array<unsigned, kArenasMax> arenas;
std::atomic<unsigned> arena_count{0};
std::atomic<unsigned> next_arena{0};

// The hooks. Address space is mapped once and kept. Pages in it are committed before they are used
// (that is where they are counted) and decommitted when they are given back. jemalloc works so on
// systems that do not overcommit; left to itself on Linux it would commit everything it maps.

void* MapPages(void* wanted, std::size_t size) {
  void* pages = mmap(wanted, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  if (wanted == nullptr || pages == wanted) return pages;
  munmap(pages, size);
  return nullptr;
}

void* MapAligned(std::size_t size, std::size_t alignment) {
  // Try without room for alignment first: the system maps one piece right below the other, so most
  // of them are aligned by luck.
  auto* pages = static_cast<char*>(MapPages(nullptr, size));
  if (pages == nullptr) return nullptr;
  const auto misaligned = [alignment](const char* p) {
    return reinterpret_cast<std::uintptr_t>(p) & (alignment - 1);
  };
  if (misaligned(pages) == 0) return pages;
  munmap(pages, size);
  pages = static_cast<char*>(MapPages(nullptr, size + alignment));
  if (pages == nullptr) return nullptr;
  const auto before = (alignment - misaligned(pages)) & (alignment - 1);
  if (before > 0) munmap(pages, before);
  if (alignment > before) munmap(pages + before + size, alignment - before);
  return pages + before;
}

void* Reserve(extent_hooks_t*, void* wanted, std::size_t size, std::size_t alignment, bool* zero,
              bool* commit, unsigned) {
  auto& account = QueryAccount::OfProcess();
  if (*commit && !account.Take(size)) return nullptr;
  void* pages = wanted != nullptr ? MapPages(wanted, size) : MapAligned(size, alignment);
  if (pages == nullptr) {
    if (*commit) account.GiveBack(size);
    return nullptr;
  }
  *zero = true;
  return pages;
}

// To jemalloc, true means: not unmapped, keep it for later.
bool KeepReserved(extent_hooks_t*, void*, std::size_t, bool, unsigned) { return true; }

// To jemalloc, true means: refused.
bool Commit(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t length, unsigned) {
  return !QueryAccount::OfProcess().Take(length);
}

bool Decommit(extent_hooks_t*, void* address, std::size_t, std::size_t offset, std::size_t length,
              unsigned) {
  if (madvise(static_cast<char*>(address) + offset, length, MADV_DONTNEED) != 0) return true;
  QueryAccount::OfProcess().GiveBack(length);
  return false;
}

// We keep no record of a piece, so any piece may be split and any neighbours merged.
bool Split(extent_hooks_t*, void*, std::size_t, std::size_t, std::size_t, bool, unsigned) {
  return false;
}
bool Merge(extent_hooks_t*, void*, std::size_t, void*, std::size_t, bool, unsigned) {
  return false;
}

extent_hooks_t hooks = {
    .alloc = Reserve,
    .dalloc = KeepReserved,
    .destroy = nullptr,
    .commit = Commit,
    .decommit = Decommit,
    .purge_lazy = nullptr,
    .purge_forced = nullptr,
    .split = Split,
    .merge = Merge,
};

bool MakeArena(unsigned* index) {
  auto size = sizeof *index;
  auto* wanted = &hooks;
  if (mallctl("arenas.create", index, &size, &wanted, sizeof wanted) != 0) return false;
  std::array<char, 64> name;
  std::snprintf(name.data(), name.size(), "arena.%u.retain_grow_limit", *index);
  auto grow_max = kGrowBytesMax;
  return mallctl(name.data(), nullptr, nullptr, &grow_max, sizeof grow_max) == 0;
}

void EnterArena() {
  const auto turn = next_arena.fetch_add(1, std::memory_order_relaxed);
  auto arena = arenas[turn % arena_count.load(std::memory_order_acquire)];
  // On failure the thread stays in its old arena: MemoryWatch still sees its pages in the size of
  // the process.
  mallctl("thread.arena", nullptr, nullptr, &arena, sizeof arena);
}

void Purge(unsigned arena) {
  std::array<char, 64> name;
  std::snprintf(name.data(), name.size(), "arena.%u.purge", arena);
  mallctl(name.data(), nullptr, nullptr, nullptr, 0);
}

void PurgeAll() { Purge(MALLCTL_ARENAS_ALL); }

void PurgeQueryArenas() {
  const auto count = arena_count.load(std::memory_order_acquire);
  for (unsigned i = 0; i < count; i++) Purge(arenas[i]);
}

// Only one thread at a time gives back the pages of an arena (it may be one of jemalloc's own).
// Another one that comes meanwhile finds nothing to give back. So it waits a little and asks again.
constexpr int kTriesMax = 8;
constexpr useconds_t kPauseMicros = 1000;

// The further tries of a request that failed: `ask` returns null when it fails again.
template <class Ask>
void* AskAgain(const Ask& ask) {
  auto& marks = thread_marks;
  if (!marks.is_refusable) return nullptr;
  // What is allocated while we purge is not the query's: it must not be refused.
  marks.is_refusable = false;
  const bool may_not_fail = IsInDestructor();
  void* memory = nullptr;
  for (int tries = 0; tries < kTriesMax && memory == nullptr; tries++) {
    marks.is_refusable = false;
    if (tries > 0) usleep(kPauseMicros);
    PurgeQueryArenas();
    marks.is_refusable = !may_not_fail;
    memory = ask();
  }
  marks.is_refusable = true;
  if (memory == nullptr) QueryAccount::OfProcess().CountRefusal();
  return memory;
}

}  // namespace

bool UseQueryArenas() {
  const auto wanted = std::clamp(std::thread::hardware_concurrency(), 1U, kArenasMax);
  unsigned made = 0;
  while (made < wanted && MakeArena(&arenas[made])) made++;
  if (made == 0) return false;
  arena_count.store(made, std::memory_order_release);
  allocator_hooks = {.enter_query_arena = EnterArena, .give_back = PurgeAll};
  return true;
}

// Not malloc and realloc: compilers know that these read none of our variables, and may move the
// write to is_refusable behind the call.

void* AllocateAgain(std::size_t bytes) {
  return AskAgain([bytes] { return mallocx(std::max<std::size_t>(bytes, 1), 0); });
}

void* ReallocateAgain(void* old, std::size_t bytes) {
  if (old == nullptr) return AllocateAgain(bytes);
  return AskAgain([old, bytes] { return rallocx(old, std::max<std::size_t>(bytes, 1), 0); });
}

}  // namespace arc::memory
