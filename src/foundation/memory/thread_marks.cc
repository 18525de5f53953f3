#include "foundation/memory/thread_marks.h"

#include "foundation/memory/allocator_hooks.h"

namespace arc::memory {
namespace {

void UseQueryArena() {
  const auto enter = allocator_hooks.enter_query_arena;
  if (thread_marks.uses_query_arena || enter == nullptr) return;
  thread_marks.uses_query_arena = true;
  enter();
}

}  // namespace

constinit AllocatorHooks allocator_hooks;

QueryScope::QueryScope() : was_refusable_(thread_marks.is_refusable) {
  UseQueryArena();
  thread_marks.is_refusable = true;
  thread_marks.grace_bytes = 0;
}

void BecomeQueryThread() {
  UseQueryArena();
  thread_marks.is_refusable = true;
}

}  // namespace arc::memory
