// The tokens of a server: opened, and the first one made.

#pragma once

#include <memory>

#include "access/auth/access_tree.h"
#include "access/auth/auth_file.h"
#include "access/auth/token_authenticator.h"
#include "access/auth/token_cache.h"
#include "access/auth/token_store.h"
#include "foundation/base/metrics.h"
#include "foundation/base/result.h"
#include "foundation/fs/file_system.h"
#include "foundation/time/clock.h"
#include "service/config/config.h"

namespace arc::server {

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
Result<Tokens> OpenTokens(const config::Config& config, fs::FileSystem& files, const Clock& clock);

// For the end of a start, when nothing else can fail: what is printed only once must not be lost
// with a start that ends before anybody can use it. A store without tokens gets one, `admin`: the
// configured one, or a drawn one that is printed to the standard output, never to the log. With
// auth.force_bootstrap the configured one is added to others. Fails with kInvalidInput on a
// configured token that is too short.
Result<void> EnsureAdministrator(Tokens& tokens, const config::AuthConfig& config,
                                 const Clock& clock);

// `tokens` must outlive the metrics' readers.
void AddTokenMetrics(const Tokens& tokens, Metrics& metrics);

}  // namespace arc::server
