#include "access/auth/rate_limiter.h"

#include <algorithm>
#include <cmath>

#include "foundation/base/check.h"

namespace arc::auth {

RateLimiter::RateLimiter(double per_second, double burst, const Clock& clock)
    : per_second_(per_second), burst_(std::max(burst, 1.0)), clock_(clock) {
  CHECK(per_second > 0, "a rate limit lets nothing through");
}

RateLimiter::Bucket& RateLimiter::Fill(Shard& shard, std::uint64_t key) {
  const auto now = clock_.NowSteady();
  const auto found = shard.buckets.find(key);
  if (found == shard.buckets.end()) {
    if (shard.buckets.size() >= kKeysMax / kShards) {
      shard.buckets.erase(shard.order.front().key);
      shard.order.pop_front();
    }
    shard.order.push_back({key, burst_, now});
    shard.buckets.emplace(key, std::prev(shard.order.end()));
    return shard.order.back();
  }
  shard.order.splice(shard.order.end(), shard.order, found->second);
  auto& bucket = *found->second;
  const std::chrono::duration<double> passed = now - bucket.filled_at;
  bucket.left = std::min(burst_, bucket.left + passed.count() * per_second_);
  bucket.filled_at = now;
  return bucket;
}

std::optional<std::chrono::milliseconds> RateLimiter::Take(std::uint64_t key, double cost) {
  auto& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  auto& bucket = Fill(shard, key);
  const auto needed = std::min(cost, 1.0);
  if (bucket.left >= needed) {
    bucket.left -= cost;
    return std::nullopt;
  }
  const auto seconds = (needed - bucket.left) / per_second_;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

void RateLimiter::Charge(std::uint64_t key, double cost) {
  auto& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  Fill(shard, key).left -= cost;
}

std::size_t RateLimiter::key_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) {
    MutexLock lock(shard.mutex);
    count += shard.buckets.size();
  }
  return count;
}

}  // namespace arc::auth
