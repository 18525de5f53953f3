// How often something may happen, for each of many keys: token buckets.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "foundation/base/mutex.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// A bucket holds what one second brings, or 1 when that is less; it begins full. Something may
// happen while it is not empty, and may then cost more than there is: the next must wait until the
// debt is paid.
//
// Threads: any.
// Memory:  kKeysMax buckets of about 120 bytes. Past that the one that was used longest ago goes:
//          its key begins anew, with a full bucket.
class RateLimiter {
 public:
  static constexpr std::size_t kKeysMax = 16'384;

  // `per_second` above 0.
  RateLimiter(double per_second, double burst, const Clock& clock);

  // Nothing, and `cost` is taken; or how long to wait, and nothing is taken.
  std::optional<std::chrono::milliseconds> Take(std::uint64_t key, double cost = 1);
  // Takes `cost` in any case.
  void Charge(std::uint64_t key, double cost);

  std::size_t key_count() const;

 private:
  struct Bucket {
    std::uint64_t key;
    double left;
    Clock::SteadyTime filled_at;
  };
  struct Shard {
    mutable Mutex mutex;
    std::list<Bucket> order GUARDED_BY(mutex);  // the one used last is last
    std::unordered_map<std::uint64_t, std::list<Bucket>::iterator> buckets GUARDED_BY(mutex);
  };
  static constexpr std::size_t kShards = 8;

  Shard& ShardOf(std::uint64_t key) { return shards_[key % kShards]; }
  // Filled up to now.
  Bucket& Fill(Shard& shard, std::uint64_t key) REQUIRES(shard.mutex);

  const double per_second_;
  const double burst_;
  const Clock& clock_;
  std::array<Shard, kShards> shards_;
};

}  // namespace arc::auth
