// How much of the process's memory queries hold, in pages, and how much they may hold.
//
// The queries' arenas (query_arenas.h) call Take before they commit pages and GiveBack after they
// returned pages to the system. So the account counts pages, not objects: what fragmentation wastes
// is included, and an allocation that needs no new page does not come here at all.
//
// Only threads that work for a query are refused, and not at one line. The code that asks is
// DuckDB's, and some of it may not fail: its destructors make vectors and pin blocks, and a refusal
// there ends the process. Requests of 1 MiB and more come from data that grows, so these are
// refused first:
//   1. A piece of kSmallBytes or more is refused when it would go over limit().
//   2. A smaller piece may go over it by slack(). Above that a thread gets kGraceBytes more, and is
//      then refused. Its grace starts anew when the account is below that line again, and when a
//      request of the thread was refused for good (CountRefusal), so that the thread can end.
//   3. A thread that is handling an exception gets pieces of up to kFailingBytesMax in every case:
//      it is unwinding, and will soon give back.
// So queries hold at most limit() + slack() + kGraceBytes for each thread, and a little for those
// that are about to fail.
//
// Lifetime: one for the process, as long as the process: malloc has no owner who could pass it on.
// Threads:  any, from inside malloc too. Nothing here allocates, locks or throws.

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
  // Unwinding and writing an error message need less than this at once.
  static constexpr std::size_t kFailingBytesMax = 1024 * 1024;

  static QueryAccount& OfProcess();

  // Bytes that queries may hold together. No limit before the first call.
  void SetLimit(std::uint64_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // How far small pieces may go above the limit: a sixteenth of it, 8 to 256 MiB.
  std::uint64_t slack() const;

  // Returns false and takes nothing when the rules above refuse the calling thread.
  [[nodiscard]] bool Take(std::size_t bytes);
  void GiveBack(std::size_t bytes);

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

  // A request of the calling thread was refused for good. Gives it its grace again, to end with.
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
