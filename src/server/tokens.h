// The tokens of a server: opened, and the first one made.

#pragma once

#include <memory>

#include "auth/access_tree.h"
#include "auth/auth_file.h"
#include "auth/token_authenticator.h"
#include "auth/token_cache.h"
#include "auth/token_store.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "config/config.h"
#include "fs/file_system.h"

namespace arc {

// Lifetime: outlives the http server.
// The last uses of tokens are written by the cache's thread, and at the end.
struct Tokens {
  std::unique_ptr<auth::AuthFile> file;
  std::unique_ptr<auth::TokenStore> store;
  std::unique_ptr<auth::TokenCache> cache;
  std::unique_ptr<auth::AccessTree> tree;
  std::unique_ptr<auth::PolicyStore> policies;
  std::unique_ptr<auth::TokenAuthenticator> authenticator;
};

// Fails as TokenStore::Open.
Result<Tokens> OpenTokens(const Config& config, fs::FileSystem& files, const Clock& clock);

// For the end of a start, when nothing else can fail: what is printed only once must not be lost
// with a start that ends before anybody can use it. A store without tokens gets one, `admin`: the
// configured one, or a drawn one that is printed to the standard output, never to the log. With
// auth.force_bootstrap the configured one is added to others. Fails with kInvalidInput on a
// configured token that is too short.
Result<void> EnsureAdministrator(Tokens& tokens, const AuthConfig& config, const Clock& clock);

// `tokens` must outlive the metrics' readers.
void AddTokenMetrics(const Tokens& tokens, Metrics& metrics);

}  // namespace arc
