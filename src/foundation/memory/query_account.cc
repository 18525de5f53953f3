#include "foundation/memory/query_account.h"

#include <cxxabi.h>

#include <algorithm>

#include "foundation/memory/thread_marks.h"

namespace arc::memory {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

// The beginning of __cxa_eh_globals, as the Itanium C++ ABI lays it down (2.2.2).
struct ExceptionsOfThread {
  void* caught;
  unsigned int uncaught_count;
};

// An exception of this thread is thrown or being handled: destructors run, messages are written.
bool IsFailing() {
  const auto* exceptions = reinterpret_cast<const ExceptionsOfThread*>(abi::__cxa_get_globals());
  return exceptions->caught != nullptr || exceptions->uncaught_count > 0;
}

constinit QueryAccount account_of_process;

}  // namespace

QueryAccount& QueryAccount::OfProcess() { return account_of_process; }

std::uint64_t QueryAccount::slack() const {
  return std::clamp(limit() / 16, 8 * kMebibyte, 256 * kMebibyte);
}

bool QueryAccount::MayTake(std::size_t bytes, std::uint64_t used_now) const {
  const auto most = limit();
  if (used_now <= most || !thread_marks.is_refusable) return true;
  if (bytes < kSmallBytes) {
    if (used_now - most <= slack()) return true;
    if (thread_marks.grace_bytes + bytes <= kGraceBytes) return true;
  }
  return bytes <= kFailingBytesMax && IsFailing();
}

bool QueryAccount::Take(std::size_t bytes) {
  // Never add first and take back on refusal: others would be refused for bytes that nobody got.
  auto known = used();
  do {
    if (!MayTake(bytes, known + bytes)) return false;
  } while (!used_.compare_exchange_weak(known, known + bytes, std::memory_order_relaxed));
  const auto used_now = known + bytes;
  auto& marks = thread_marks;
  if (used_now <= limit() + slack()) {
    marks.grace_bytes = 0;
  } else if (marks.is_refusable) {
    marks.grace_bytes += bytes;
  }
  auto most_yet = peak();
  while (used_now > most_yet &&
         !peak_.compare_exchange_weak(most_yet, used_now, std::memory_order_relaxed)) {
  }
  return true;
}

void QueryAccount::CountRefusal() {
  refusals_.fetch_add(1, std::memory_order_relaxed);
  thread_marks.grace_bytes = 0;
}

void QueryAccount::GiveBack(std::size_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace arc::memory
