// Tokens that were used lately: hash → what is known of it, for a time.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>

#include "access/auth/recent_tokens.h"
#include "access/auth/token.h"
#include "access/auth/token_info.h"
#include "foundation/base/metrics.h"
#include "foundation/base/mutex.h"
#include "foundation/base/thread.h"
#include "foundation/time/clock.h"

namespace arc::auth {

struct TokenCacheStats {
  std::size_t size = 0;
  std::size_t size_max = 0;
  std::chrono::milliseconds ttl{};
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;  // to make room
  std::uint64_t expired = 0;    // by age, when found or swept
  bool is_sweeper_running = false;
  std::optional<std::int64_t> last_sweep_at{};  // microseconds UTC
  std::uint64_t last_sweep_removed = 0;
};

// Threads:  any; each hash belongs to one of 16 shards with a lock of its own. What a thread finds
//           again and again it finds in memory of its own (recent_tokens.h), without a lock. One
//           thread, "token-cache", removes what is too old, asleep on a condition in between.
// Limits:   `size_max` entries; past that the oldest of the shard that needs room goes (of another
//           one when it is empty). RecentTokens::kPlaces more for each thread that asks.
class TokenCache {
 public:
  using Info = std::shared_ptr<const TokenInfo>;

  static constexpr std::chrono::milliseconds kSweepIntervalMin{10'000};

  // `after_sweep`, if not empty, is called by the thread each time it has swept: every
  // max(ttl, sweep_interval_min).
  TokenCache(std::size_t size_max, std::chrono::milliseconds ttl, const Clock& clock,
             std::function<void()> after_sweep = {},
             std::chrono::milliseconds sweep_interval_min = kSweepIntervalMin);
  TokenCache(const TokenCache&) = delete;
  TokenCache& operator=(const TokenCache&) = delete;
  ~TokenCache();  // joins the thread

  // Null when it is not there, or not any more. Valid until this thread asks again.
  const TokenInfo* Find(const TokenHash& hash);
  // What was put before is known for `ttl`, unless somebody invalidates it in between: pass the
  // `version()` from before the information was read, and it is dropped then.
  void Put(const TokenHash& hash, Info info, std::uint64_t version);
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // After a change of any token: nothing that was read before is believed any more.
  void Invalidate();

  // Removes what is too old: what the thread does.
  void Sweep();

  TokenCacheStats stats() const;

 private:
  static constexpr std::size_t kShards = 16;
  using Order = std::list<TokenHash>;  // the oldest first
  struct Entry {
    Info info;
    TokenStamp stamp;
    Order::iterator place;
  };
  struct alignas(64) Shard {
    mutable Mutex mutex;
    std::unordered_map<TokenHash, Entry, TokenHashHash> entries GUARDED_BY(mutex);
    Order order GUARDED_BY(mutex);
    std::uint64_t hits GUARDED_BY(mutex) = 0;
    std::uint64_t misses GUARDED_BY(mutex) = 0;
    std::uint64_t evictions GUARDED_BY(mutex) = 0;
    std::uint64_t expired GUARDED_BY(mutex) = 0;
  };

  // Of the threads that count there: a line of memory that no other thread writes, unless there are
  // more threads than counts.
  struct alignas(64) Count {
    std::atomic<std::uint64_t> value{0};
  };

  // Null, or what stays valid with `stamp`.
  Info FindShared(const TokenHash& hash, Clock::SteadyTime now, TokenStamp& stamp);
  Shard& ShardOf(const TokenHash& hash) { return shards_[hash.bytes[31] % kShards]; }
  // Removes the oldest entry; false when there is none.
  bool EvictOldest(Shard& shard);
  void Loop();

  const std::size_t size_max_;
  const std::chrono::milliseconds ttl_;
  const Clock& clock_;
  const std::function<void()> after_sweep_;
  const std::chrono::milliseconds sweep_interval_;
  const std::uint64_t id_;  // of all caches there ever were
  std::array<Shard, kShards> shards_;
  std::array<Count, kShards> recent_hits_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::uint64_t> version_{0};

  mutable Mutex sweep_mutex_;
  Condition stopped_;
  bool is_stopped_ GUARDED_BY(sweep_mutex_) = false;
  std::optional<std::int64_t> last_sweep_at_ GUARDED_BY(sweep_mutex_);
  std::uint64_t last_sweep_removed_ GUARDED_BY(sweep_mutex_) = 0;
  std::atomic<bool> is_sweeper_running_{true};  // until its loop ends
  Thread sweeper_;
};

}  // namespace arc::auth
