// Tokens of the store, with a cache before it.

#pragma once

#include <cstdint>

#include "access/auth/access_tree.h"
#include "access/auth/authenticator.h"
#include "access/auth/policy_store.h"
#include "access/auth/token_cache.h"
#include "access/auth/token_store.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// What a token may do, and whether it is one at all, is what the store says now: every change goes
// through here, or empties the cache as those of the tree and the policies do, and is seen by the
// next request on every connection.
//
// Lifetime: outlived by the stores.
// Threads:  any. Authenticate reads at most one row; the rest blocks on the disk.
class TokenAuthenticator : public Authenticator {
 public:
  TokenAuthenticator(TokenStore& store, const AccessTree& tree, const PolicyStore& policies,
                     TokenCache& cache, const Clock& clock)
      : store_(store), tree_(tree), policies_(policies), cache_(cache), clock_(clock) {}

  // Fails with kUnauthenticated for a token that is not, was revoked or has expired.
  Result<Principal> Authenticate(std::string_view token) const override;
  // The same, with all that is known.
  Result<TokenInfo> Lookup(std::string_view token) const;

  // TokenStore's changes; see there.
  Result<std::string> Create(const TokenWish& wish) { return store_.Create(wish); }
  Result<void> Change(std::int64_t id, const TokenEdit& edit);
  Result<std::string> Rotate(std::int64_t id);
  Result<void> Revoke(std::int64_t id);
  Result<void> Delete(std::int64_t id);

  TokenStore& store() { return store_; }
  TokenCache& cache() { return cache_; }

 private:
  // Calls `use` with what is known of a valid token.
  template <class Use>
  Result<void> Visit(std::string_view token, const Use& use) const;

  TokenStore& store_;
  const AccessTree& tree_;
  const PolicyStore& policies_;
  TokenCache& cache_;
  const Clock& clock_;
};

}  // namespace arc::auth
