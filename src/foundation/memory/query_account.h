// What queries hold of the process's memory, page by page, and what they may hold.
//
// The queries' arenas (query_arenas.h) take from it what they commit and give back what they
// return to the system. So it counts pages, not objects: what fragmentation wastes is in it, and
// the allocator's fast paths are not touched.
//
// Lifetime: one for the process, and of the process: malloc has no owner who could hand it down.
// Threads:  any, from inside malloc too. Nothing here allocates, locks or throws.
// Limits:   SetLimit(), and three lines above it, because what asks is code that may not fail
//           everywhere: DuckDB's destructors make vectors and pin blocks, and a refusal there ends
//           the process. What grows without end asks most, and is refused first:
//           1. Pieces of kSmallBytes and more are refused above the limit.
//           2. Smaller ones above limit() + slack(), to a thread that got kGraceBytes there
//           already.
//           3. A thread with an exception under way gets kFailingBytesMax at a time, always.
//           So queries hold at most limit() + slack() + kGraceBytes a thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace arc::memory {

class QueryAccount {
 public:
  // Larger than what DuckDB allocates to end a query: its blocks have 256 KiB.
  static constexpr std::size_t kSmallBytes = 1024 * 1024;
  // Much more than ending a query takes, little for what grows.
  static constexpr std::size_t kGraceBytes = 8 * 1024 * 1024;
  // More than this at once nobody needs to unwind or to say why.
  static constexpr std::size_t kFailingBytesMax = 1024 * 1024;

  static QueryAccount& OfProcess();

  // Bytes that queries may hold together. No limit before the first call.
  void SetLimit(std::uint64_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // How far small pieces may go above the limit: a sixteenth of it, 8 to 256 MiB.
  std::uint64_t slack() const;

  // False, and nothing taken, when that would be over the limit and the calling thread may be
  // refused: it works for a query and is not about to fail already.
  [[nodiscard]] bool Take(std::size_t bytes);
  void GiveBack(std::size_t bytes);

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

  // A request of the calling thread failed in the end. It has its grace again: to end.
  void CountRefusal();
  std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }

 private:
  bool MayTake(std::size_t bytes, std::uint64_t used_now) const;

  std::atomic<std::uint64_t> limit_{UINT64_MAX};
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> peak_{0};
  std::atomic<std::uint64_t> refusals_{0};
};

}  // namespace arc::memory
