// Keeps the whole process below server.memory_limit.
//
// Rows in memory, request bodies and readers have budgets of their own. No budget counts stacks,
// libraries and what the allocator wastes. So ten times a second the watch asks the system how
// large the process is. It subtracts what queries hold; the remainder is "the rest". Queries may
// then hold what the rest leaves of the limit, but never more than their own budget and never less
// than kQueryBytesMin (or their budget, if that is smaller). When the process is over the limit all
// the same, is_over_limit() tells the writers to refuse requests, and once a second the allocator
// gives back to the system what it keeps for later.
//
// A look that fails with an exception is logged and repeated 100 ms later; the limits stay as they
// were until then.
//
// Lifetime: built by Server before what it watches, closed last. One for the process.
// Threads:  one thread, `memory-watch`, owned here; the rest may be asked from any thread.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/thread.h"
#include "foundation/memory/query_account.h"

namespace arc::memory {

class MemoryWatch {
 public:
  struct Options {
    std::uint64_t limit_bytes = 0;  // of the process: server.memory_limit
    std::uint64_t query_bytes = 0;  // of all queries together, when the rest leaves so much
  };
  // What queries may always have, however large the rest is: enough for a query of a few rows.
  static constexpr std::uint64_t kQueryBytesMin = std::uint64_t{32} << 20;

  // `account` outlives this. `resident` says how large the process is (ResidentBytes);
  // `give_back` is called over the limit, at most once a second (GiveBack).
  MemoryWatch(Options options, QueryAccount& account, std::function<std::uint64_t()> resident,
              std::function<void()> give_back, Metrics& metrics);
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;
  ~MemoryWatch();

  // Starts the thread. Without Start (in tests) the caller calls Look.
  void Start();
  // What the thread does ten times a second: corrects the limit of queries.
  void Look();

  // True: the process is larger than it may be, refuse what can be refused.
  bool is_over_limit() const { return is_over_limit_.load(std::memory_order_relaxed); }
  // For /health: a text when the process is over 95 % of the limit.
  std::optional<std::string> Problem() const;

 private:
  void Loop();

  const Options options_;
  QueryAccount& account_;
  const std::function<std::uint64_t()> resident_;
  const std::function<void()> give_back_;

  std::atomic<std::uint64_t> resident_bytes_{0};
  std::atomic<bool> is_over_limit_{false};
  int looks_until_give_back_ = 0;  // Touched by whoever calls Look.

  Mutex mutex_;
  Condition changed_;
  bool is_closed_ GUARDED_BY(mutex_) = false;
  Thread thread_;
};

// Returns to the system what the process's allocator keeps for later, if there is one.
void GiveBack();

}  // namespace arc::memory
