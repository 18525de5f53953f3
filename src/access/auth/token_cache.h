// What is known of the tokens that were used lately, so that a request does not read the token
// file.
//
// All of it is one immutable snapshot (token_tree.h). A token that is read from the file, one that
// is forgotten and a change of any token each make a new snapshot, which takes the place of the one
// before under a lock. Readers take no lock: each thread holds the snapshot that it saw last, and
// compares its number with that of the newest before each look. So a change counts from the next
// look of any thread on, and threads that look at the same time do not slow each other down.
//
// Unknown tokens are not here: TokenStore knows the hashes of all that exist.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "access/auth/token.h"
#include "access/auth/token_info.h"
#include "access/auth/token_tree.h"
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

// Threads:  any. One of its own, "token-cache", removes what is too old, asleep on a condition in
//           between.
// Limits:   `size_max` tokens; past that the oldest goes. A thread that looks no more keeps the
//           snapshot that it saw last.
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

  // Null when it is not there, or not any more. Valid until this thread looks again.
  const TokenInfo* Find(const TokenHash& hash);
  // What is put is known for `ttl`, unless somebody invalidates it in between: pass the `version()`
  // from before the information was read, and what is outdated since is not kept.
  void Put(const TokenHash& hash, Info info, std::uint64_t version);
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // After a change of any token: nothing that was read before is believed any more. Cannot fail.
  void Invalidate();

  // Removes what is too old: what the thread does.
  void Sweep();

  TokenCacheStats stats() const;

 private:
  struct Snapshot {
    std::uint64_t number;  // no other snapshot of any cache in this process has it
    TokenTree tokens;
  };
  using SnapshotPointer = std::shared_ptr<const Snapshot>;

  // Of the threads that count here: a line of memory that no other thread writes, unless there are
  // more threads than counts.
  struct alignas(64) Counts {
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
  };
  static constexpr std::size_t kCounts = 16;

  const TokenTree& Newest() const;  // valid until this thread asks again
  TokenTree NewestLocked() const REQUIRES(mutex_);
  void PublishLocked(TokenTree tokens) REQUIRES(mutex_);
  std::size_t RemoveExpired(std::size_t count_max);
  void ForgetExpired(const TokenHash& hash);
  void Loop();

  const std::size_t size_max_;
  const std::chrono::milliseconds ttl_;
  const Clock& clock_;
  const std::function<void()> after_sweep_;
  const std::chrono::milliseconds sweep_interval_;
  std::array<Counts, kCounts> counts_;

  mutable Mutex mutex_;
  Condition stopped_;
  SnapshotPointer newest_ GUARDED_BY(mutex_);  // null: no token is known
  // What the last change made outdated, kept until the next sweep: freeing a large one takes long,
  // and readers should not be the last who hold it.
  SnapshotPointer retired_ GUARDED_BY(mutex_);
  std::uint64_t evictions_ GUARDED_BY(mutex_) = 0;
  std::uint64_t expired_ GUARDED_BY(mutex_) = 0;
  std::optional<std::int64_t> last_sweep_at_ GUARDED_BY(mutex_);
  std::uint64_t last_sweep_removed_ GUARDED_BY(mutex_) = 0;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  // Written under the mutex, read without.
  std::atomic<std::uint64_t> newest_number_{0};  // 0 while newest_ is null
  std::atomic<std::uint64_t> version_{0};

  std::atomic<bool> is_sweeper_running_{true};  // until its loop ends
  Thread sweeper_;
};

}  // namespace arc::auth
