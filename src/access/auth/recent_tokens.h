// The tokens that one thread has found lately: what all threads share costs each of them more the
// more of them there are.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "access/auth/token.h"
#include "access/auth/token_info.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Where an entry of a TokenCache comes from, and how long it counts.
struct TokenStamp {
  std::uint64_t cache_id = 0;  // of the cache; 0 is none
  std::uint64_t version = 0;   // of the cache when the token was read
  Clock::SteadyTime expires_at{};
};

// A token that is found twice in a row, as far as its place goes, is copied: with a copy of its
// grants as well, so that not even the counts of who uses them are shared with other threads. One
// that comes among many others is not: the copy would cost more than it saves.
//
// Threads: one.
// Memory:  110 KiB, and kPlaces tokens at most. They may stay after they have expired, unused.
class RecentTokens {
 public:
  static constexpr std::size_t kPlaces = 1024;

  // Null unless it is there, of that cache in that version, and has not expired. Valid until the
  // next call of Keep.
  const TokenInfo* Find(const TokenHash& hash, std::uint64_t cache_id, std::uint64_t version,
                        Clock::SteadyTime now) const;
  // What was found in the cache itself. Valid until the next call.
  const TokenInfo* Keep(const TokenHash& hash, std::shared_ptr<const TokenInfo> info,
                        const TokenStamp& stamp);

 private:
  struct Place {
    TokenHash hash{};
    TokenHash last_kept{};
    TokenStamp stamp;
    std::shared_ptr<const TokenInfo> info;
  };

  static std::size_t PlaceOf(const TokenHash& hash) {
    return (hash.bytes[29] << 8 | hash.bytes[30]) % kPlaces;
  }

  std::array<Place, kPlaces> places_{};
  std::shared_ptr<const TokenInfo> last_;
};

}  // namespace arc::auth
