// From the token of a request to what it may do: a hash, a look into the cache, a look at the
// clock.
//
// What the cache does not have is read from the file, as rows of the store, the tree of teams and
// the policies, and put into the cache together. Every change, of whichever of the three, empties
// the cache before it is answered. So revocation, rotation and new permissions count from the next
// request on, on every connection; expiry needs no change, as each request compares it with the
// clock. While the file cannot be read, tokens that the cache has go on until `auth.cache_ttl` is
// over, and others fail with the file's error.

#pragma once

#include <cstdint>

#include "access/auth/access_tree.h"
#include "access/auth/authenticator.h"
#include "access/auth/policy_store.h"
#include "access/auth/token_cache.h"
#include "access/auth/token_store.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Changes of tokens go through here; AccessTree and PolicyStore empty the cache when they tell
// their changes.
//
// Lifetime: outlived by the stores.
// Threads:  any. Authenticate reads a few rows at most; the rest blocks on the disk.
class TokenAuthenticator : public Authenticator {
 public:
  TokenAuthenticator(TokenStore& store, const AccessTree& tree, const PolicyStore& policies,
                     TokenCache& cache, const Clock& clock)
      : store_(store), tree_(tree), policies_(policies), cache_(cache), clock_(clock) {}

  // Fails with kUnauthenticated for a token that does not exist, was revoked or has expired.
  Result<Principal> Authenticate(std::string_view token) const override;
  // The same, with all that is known.
  Result<TokenInfo> Lookup(std::string_view token) const;

  // TokenStore's changes; see there.
  Result<std::string> Create(const TokenSettings& settings) { return store_.Create(settings); }
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
