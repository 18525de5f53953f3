#include "access/auth/token_cache.h"

#include <algorithm>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"

namespace arc::auth {
namespace {

// What a sweep removes without letting others in between: about 1 ms.
constexpr std::size_t kRemovedAtOnceMax = 1000;

// Threads are numbered as they come.
std::size_t NumberOfThread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next++;
  return number;
}

}  // namespace

TokenCache::TokenCache(std::size_t size_max, std::chrono::milliseconds ttl, const Clock& clock,
                       std::function<void()> after_sweep,
                       std::chrono::milliseconds sweep_interval_min)
    : size_max_(size_max),
      ttl_(ttl),
      clock_(clock),
      after_sweep_(std::move(after_sweep)),
      sweep_interval_(std::max(ttl, sweep_interval_min)),
      sweeper_("token-cache", [this] { Loop(); }) {}

TokenCache::~TokenCache() {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  sweeper_.Join();
}

const TokenTree& TokenCache::Newest() const {
  static const TokenTree empty;
  thread_local SnapshotPointer seen;
  const auto seen_number = seen ? seen->number : 0;
  if (seen_number != newest_number_.load(std::memory_order_acquire)) {
    SnapshotPointer newest;
    {
      MutexLock lock(mutex_);
      newest = newest_;
    }
    seen = std::move(newest);
  }
  return seen ? seen->tokens : empty;
}

TokenTree TokenCache::NewestLocked() const { return newest_ ? newest_->tokens : TokenTree(); }

void TokenCache::PublishLocked(TokenTree tokens) {
  CHECK(tokens.size() <= size_max_, "the token cache has more tokens than it may");
  static std::atomic<std::uint64_t> last_number{0};
  const auto number = ++last_number;
  newest_ = std::make_shared<const Snapshot>(Snapshot{number, std::move(tokens)});
  newest_number_.store(number, std::memory_order_release);
}

const TokenInfo* TokenCache::Find(const TokenHash& hash) {
  const auto* token = Newest().Find(hash);
  const bool is_known = token != nullptr && clock_.NowSteady() < token->known_until;
  auto& counts = counts_[NumberOfThread() % kCounts];
  (is_known ? counts.hits : counts.misses).fetch_add(1, std::memory_order_relaxed);
  if (is_known) return token->info.get();
  if (token != nullptr) ForgetExpired(hash);
  return nullptr;
}

void TokenCache::ForgetExpired(const TokenHash& hash) {
  MutexLock lock(mutex_);
  const auto tokens = NewestLocked();
  const auto* token = tokens.Find(hash);
  // Another thread may have forgotten it already, and even put it again.
  if (token == nullptr || clock_.NowSteady() < token->known_until) return;
  PublishLocked(tokens.Without(hash));
  expired_++;
}

// The version changes under the same lock, so no change is overtaken by what was read before it.
void TokenCache::Put(const TokenHash& hash, Info info, std::uint64_t version) {
  CHECK(info != nullptr, "a token is put without what is known of it");
  if (size_max_ == 0) return;
  MutexLock lock(mutex_);
  if (version != version_.load(std::memory_order_relaxed)) return;
  auto tokens = NewestLocked();
  // Two requests with the same token may have read it at the same time.
  if (tokens.Find(hash) != nullptr) tokens = tokens.Without(hash);
  const bool is_full = tokens.size() == size_max_;
  if (is_full) tokens = tokens.Without(tokens.Oldest()->hash);
  PublishLocked(tokens.With({hash, std::move(info), clock_.NowSteady() + ttl_}));
  if (is_full) evictions_++;
}

void TokenCache::Invalidate() {
  SnapshotPointer freed;  // after the lock
  MutexLock lock(mutex_);
  version_.fetch_add(1, std::memory_order_acq_rel);
  freed.swap(retired_);
  retired_.swap(newest_);
  newest_number_.store(0, std::memory_order_release);
}

std::size_t TokenCache::RemoveExpired(std::size_t count_max) {
  const auto now = clock_.NowSteady();
  MutexLock lock(mutex_);
  auto tokens = NewestLocked();
  std::size_t count = 0;
  for (; count < count_max; count++) {
    const auto* oldest = tokens.Oldest();
    if (oldest == nullptr || now < oldest->known_until) break;
    tokens = tokens.Without(oldest->hash);
  }
  if (count > 0) PublishLocked(std::move(tokens));
  expired_ += count;
  return count;
}

void TokenCache::Sweep() {
  std::uint64_t removed = 0;
  for (;;) {
    const auto count = RemoveExpired(kRemovedAtOnceMax);
    removed += count;
    if (count < kRemovedAtOnceMax) break;
  }
  SnapshotPointer freed;  // after the lock
  MutexLock lock(mutex_);
  freed.swap(retired_);
  last_sweep_at_ = clock_.NowMicros();
  last_sweep_removed_ = removed;
}

void TokenCache::Loop() {
  for (;;) {
    const auto next = std::chrono::steady_clock::now() + sweep_interval_;
    {
      MutexLock lock(mutex_);
      while (!is_stopped_ && stopped_.WaitUntil(lock, next) != std::cv_status::timeout) {
      }
      if (is_stopped_) break;
    }
    try {
      Sweep();
      if (after_sweep_) after_sweep_();
    } catch (...) {
      LogExceptionOf("token cache", "could not sweep and will try again");
    }
  }
  is_sweeper_running_ = false;
}

TokenCacheStats TokenCache::stats() const {
  TokenCacheStats stats;
  stats.size_max = size_max_;
  stats.ttl = ttl_;
  for (const auto& counts : counts_) {
    stats.hits += counts.hits;
    stats.misses += counts.misses;
  }
  stats.is_sweeper_running = is_sweeper_running_;
  MutexLock lock(mutex_);
  stats.size = NewestLocked().size();
  stats.evictions = evictions_;
  stats.expired = expired_;
  stats.last_sweep_at = last_sweep_at_;
  stats.last_sweep_removed = last_sweep_removed_;
  return stats;
}

}  // namespace arc::auth
