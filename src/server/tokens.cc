#include "server/tokens.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "base/log.h"

namespace arc {
namespace {

constexpr auth::Permissions kEverything{.read = true, .write = true, .remove = true, .admin = true};

Result<void> MakeFirstToken(auth::TokenStore& store, const std::string& configured) {
  const auth::TokenWish admin{
      .name = "admin", .description = "made at the first start", .permissions = kEverything};
  if (!configured.empty()) return store.Add(admin, configured);
  const auto token = TRY(store.Create(admin));
  fmt::print(
      "\nThe token of the administrator, shown only this once:\n\n    {}\n\n"
      "Send it with each request: Authorization: Bearer TOKEN\n\n",
      token);
  std::fflush(stdout);
  return {};
}

Result<void> AddRecoveryToken(auth::TokenStore& store, const std::string& configured) {
  if (TRY(store.Find(auth::HashOf(configured)))) return {};
  auto added = store.Add(
      {.name = "arc-recovery", .description = "auth.force_bootstrap", .permissions = kEverything},
      configured);
  if (added.ok())
    LogWarning("auth: the token arc-recovery was added: revoke it when it has served");
  return added;
}

}  // namespace

Result<Tokens> OpenTokens(const AuthConfig& config, fs::FileSystem& files, const Clock& clock) {
  Tokens tokens;
  tokens.file = TRY(auth::AuthFile::Open(files, config.db_path.string()));
  tokens.store = TRY(auth::TokenStore::Open(*tokens.file, clock));
  tokens.cache = std::make_unique<auth::TokenCache>(config.max_cache_size, config.cache_ttl, clock);
  tokens.tree = std::make_unique<auth::AccessTree>(
      *tokens.file, clock, [cache = tokens.cache.get()] { cache->Invalidate(); });
  tokens.authenticator =
      std::make_unique<auth::TokenAuthenticator>(*tokens.store, *tokens.tree, *tokens.cache, clock);
  if (tokens.store->count() == 0) {
    TRY(MakeFirstToken(*tokens.store, config.bootstrap_token));
  } else if (config.force_bootstrap && !config.bootstrap_token.empty()) {
    TRY(AddRecoveryToken(*tokens.store, config.bootstrap_token));
  }
  return tokens;
}

}  // namespace arc
