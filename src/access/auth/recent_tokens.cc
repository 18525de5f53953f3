#include "access/auth/recent_tokens.h"

#include <utility>

namespace arc::auth {
namespace {

std::shared_ptr<const TokenInfo> CopyOf(const TokenInfo& info) {
  auto copy = std::make_shared<TokenInfo>(info);
  if (copy->grants) copy->grants = std::make_shared<const Grants>(*copy->grants);
  return copy;
}

}  // namespace

const TokenInfo* RecentTokens::Find(const TokenHash& hash, std::uint64_t cache_id,
                                    std::uint64_t version, Clock::SteadyTime now) const {
  const auto& place = places_[PlaceOf(hash)];
  const bool counts = place.stamp.cache_id == cache_id && place.stamp.version == version &&
                      now < place.stamp.expires_at;
  return counts && place.hash == hash ? place.info.get() : nullptr;
}

const TokenInfo* RecentTokens::Keep(const TokenHash& hash, std::shared_ptr<const TokenInfo> info,
                                    const TokenStamp& stamp) {
  auto& place = places_[PlaceOf(hash)];
  if (place.last_kept == hash) {
    place.info = CopyOf(*info);
    place.hash = hash;
    place.stamp = stamp;
    return place.info.get();
  }
  place.last_kept = hash;
  last_ = std::move(info);
  return last_.get();
}

}  // namespace arc::auth
