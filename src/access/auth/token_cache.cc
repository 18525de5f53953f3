#include "access/auth/token_cache.h"

#include <algorithm>

#include "foundation/base/exception_error.h"

namespace arc::auth {
namespace {

std::uint64_t NextCacheId() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

// Threads are numbered as they come.
std::size_t NumberOfThread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next++;
  return number;
}

RecentTokens& Recent() {
  thread_local const auto recent = std::make_unique<RecentTokens>();  // large for a thread's stack
  return *recent;
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
      id_(NextCacheId()),
      sweeper_("token-cache", [this] { Loop(); }) {}

TokenCache::~TokenCache() {
  {
    MutexLock lock(sweep_mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  sweeper_.Join();
}

// A token of an older version is none, wherever it lies: what was read before a change must not
// outlive it in a thread's own memory.
const TokenInfo* TokenCache::Find(const TokenHash& hash) {
  const auto now = clock_.NowSteady();
  if (const auto* recent = Recent().Find(hash, id_, version(), now)) {
    recent_hits_[NumberOfThread() % kShards].value.fetch_add(1, std::memory_order_relaxed);
    return recent;
  }
  TokenStamp stamp;
  auto found = FindShared(hash, now, stamp);
  return found ? Recent().Keep(hash, std::move(found), stamp) : nullptr;
}

TokenCache::Info TokenCache::FindShared(const TokenHash& hash, Clock::SteadyTime now,
                                        TokenStamp& stamp) {
  auto& shard = ShardOf(hash);
  MutexLock lock(shard.mutex);
  const auto found = shard.entries.find(hash);
  if (found == shard.entries.end()) {
    shard.misses++;
    return nullptr;
  }
  stamp = found->second.stamp;
  if (now < stamp.expires_at && stamp.version == version()) {
    shard.hits++;
    return found->second.info;
  }
  shard.order.erase(found->second.place);
  shard.entries.erase(found);
  shard.expired++;
  shard.misses++;
  size_--;
  return nullptr;
}

// The version is looked at under the lock that Invalidate takes after it has changed it: either the
// change is seen here, or Invalidate finds the entry.
void TokenCache::Put(const TokenHash& hash, Info info, std::uint64_t version) {
  if (size_max_ == 0) return;
  auto& shard = ShardOf(hash);
  if (size_ >= size_max_ && !EvictOldest(shard)) {
    std::any_of(shards_.begin(), shards_.end(),
                [this](Shard& other) { return EvictOldest(other); });
  }
  MutexLock lock(shard.mutex);
  if (version != version_.load(std::memory_order_acquire)) return;
  // What throws comes first: an entry has its place in the order, or is not there.
  Order place;
  place.push_back(hash);
  const auto [found, is_new] = shard.entries.try_emplace(hash);
  if (!is_new) shard.order.erase(found->second.place);
  if (is_new) size_++;
  shard.order.splice(shard.order.end(), place);
  found->second = {std::move(info),
                   {.cache_id = id_, .version = version, .expires_at = clock_.NowSteady() + ttl_},
                   std::prev(shard.order.end())};
}

bool TokenCache::EvictOldest(Shard& shard) {
  MutexLock lock(shard.mutex);
  if (shard.order.empty()) return false;
  shard.entries.erase(shard.order.front());
  shard.order.pop_front();
  shard.evictions++;
  size_--;
  return true;
}

void TokenCache::Invalidate() {
  version_.fetch_add(1, std::memory_order_acq_rel);
  for (auto& shard : shards_) {
    MutexLock lock(shard.mutex);
    size_ -= shard.entries.size();
    shard.entries.clear();
    shard.order.clear();
  }
}

void TokenCache::Sweep() {
  std::uint64_t removed = 0;
  const auto now = clock_.NowSteady();
  for (auto& shard : shards_) {
    MutexLock lock(shard.mutex);
    while (!shard.order.empty()) {
      const auto oldest = shard.entries.find(shard.order.front());
      if (now < oldest->second.stamp.expires_at) break;
      shard.entries.erase(oldest);
      shard.order.pop_front();
      shard.expired++;
      size_--;
      removed++;
    }
  }
  MutexLock lock(sweep_mutex_);
  last_sweep_at_ = clock_.NowMicros();
  last_sweep_removed_ = removed;
}

void TokenCache::Loop() {
  for (;;) {
    const auto next = std::chrono::steady_clock::now() + sweep_interval_;
    {
      MutexLock lock(sweep_mutex_);
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
  for (const auto& shard : shards_) {
    MutexLock lock(shard.mutex);
    stats.size += shard.entries.size();
    stats.hits += shard.hits;
    stats.misses += shard.misses;
    stats.evictions += shard.evictions;
    stats.expired += shard.expired;
  }
  for (const auto& count : recent_hits_) stats.hits += count.value;
  stats.is_sweeper_running = is_sweeper_running_;
  MutexLock lock(sweep_mutex_);
  stats.last_sweep_at = last_sweep_at_;
  stats.last_sweep_removed = last_sweep_removed_;
  return stats;
}

}  // namespace arc::auth
