#include "service/server/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "foundation/base/log.h"

namespace arc::server {
namespace {

constexpr auth::Permissions kEverything{.read = true, .write = true, .remove = true, .admin = true};

Result<void> MakeFirstToken(auth::TokenStore& store, const std::string& configured) {
  const auth::TokenSettings admin{
      .name = "admin", .description = "made at the first start", .permissions = kEverything};
  if (!configured.empty()) return store.Add(admin, configured);
  const auto token = TRY(store.Create(admin));
  fmt::print(
      "\nThe token of the administrator, shown only this once:\n\n    {}\n\n"
      "Send it with each request (Authorization: Bearer TOKEN); the commands of arc, and the\n"
      "examples below, take it from the environment: export ARC_TOKEN=...\n\n",
      token);
  std::fflush(stdout);
  return {};
}

// Does nothing when the configured token is a valid administrator's already. A token named
// arc-recovery that was revoked, or is not the configured one, is replaced: who may set
// auth.force_bootstrap may do that.
Result<void> AddRecoveryToken(auth::TokenStore& store, const std::string& configured,
                              const Clock& clock) {
  constexpr const char* kName = "arc-recovery";
  const auto known = TRY(store.Find(auth::HashOf(configured)));
  if (known && known->IsValidAt(clock.NowMicros()) && !known->is_scoped &&
      known->permissions.admin) {
    return {};
  }
  const auth::TokenSettings settings{
      .name = kName, .description = "auth.force_bootstrap", .permissions = kEverything};
  const auto tokens = TRY(store.List());
  const auto old = std::ranges::find(tokens, kName, &auth::TokenInfo::name);
  auto added = old == tokens.end() ? store.Add(settings, configured)
                                   : store.Replace(old->id, settings, configured);
  if (added.ok())
    LogWarning("auth: the token arc-recovery was added: revoke it when it has served");
  return added;
}

auth::PolicyLimits DefaultsIn(const config::GovernanceConfig& config) {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  return {.requests_per_minute = number(config.default_rate_limit_per_min),
          .requests_per_hour = number(config.default_rate_limit_per_hour),
          .queries_per_hour = number(config.default_max_queries_per_hour),
          .queries_per_day = number(config.default_max_queries_per_day),
          .rows_per_query = number(config.default_max_rows_per_query),
          .query_seconds = 0};
}

}  // namespace

Result<Tokens> OpenTokens(const config::Config& settings, fs::FileSystem& files,
                          const Clock& clock) {
  const auto& config = settings.auth;
  Tokens tokens;
  tokens.file = TRY(auth::AuthFile::Open(files, config.db_path.string()));
  tokens.store = TRY(auth::TokenStore::Open(*tokens.file, clock));
  tokens.cache =
      std::make_unique<auth::TokenCache>(config.max_cache_size, config.cache_ttl, clock,
                                         [store = tokens.store.get(), file = tokens.file.get()] {
                                           store->WriteUses();
                                           file->LookAgain();
                                         });
  // EnsureAdministrator comes when the server listens already: what it cannot take is said before.
  if (!config.bootstrap_token.empty() && (config.force_bootstrap || TRY(tokens.store->IsEmpty()))) {
    TRY(auth::CheckChosenToken(config.bootstrap_token));
  }
  const auto forget = [cache = tokens.cache.get()] { cache->Invalidate(); };
  tokens.tree = std::make_unique<auth::AccessTree>(*tokens.file, clock, forget);
  tokens.policies = std::make_unique<auth::PolicyStore>(
      *tokens.file, DefaultsIn(settings.governance), clock, forget);
  tokens.authenticator = std::make_unique<auth::TokenAuthenticator>(
      *tokens.store, *tokens.tree, *tokens.policies, *tokens.cache, clock);
  return tokens;
}

Result<void> EnsureAdministrator(Tokens& tokens, const config::AuthConfig& config,
                                 const Clock& clock) {
  if (TRY(tokens.store->IsEmpty())) return MakeFirstToken(*tokens.store, config.bootstrap_token);
  if (!config.force_bootstrap || config.bootstrap_token.empty()) return {};
  auto added = AddRecoveryToken(*tokens.store, config.bootstrap_token, clock);
  // The server listens already: a token that gave way may have been used.
  tokens.cache->Invalidate();
  return added;
}

void AddTokenMetrics(const Tokens& tokens, Metrics& metrics) {
  metrics.AddGauge(
      "arc_auth_damaged_rows", "Rows of the token file that give no rights any more.",
      [file = tokens.file.get()] { return static_cast<double>(file->damaged_row_count()); });
  const auto& cache = *tokens.cache;
  const auto reading = [&cache](auto member) {
    return [&cache, member] { return static_cast<double>(cache.stats().*member); };
  };
  using Stats = auth::TokenCacheStats;
  metrics.AddGauge("arc_auth_cache_size", "Tokens in the cache.", reading(&Stats::size));
  metrics.AddReadCounter("arc_auth_cache_hits_total", "Tokens found in the cache.",
                         reading(&Stats::hits));
  metrics.AddReadCounter("arc_auth_cache_misses_total", "Tokens not found in the cache.",
                         reading(&Stats::misses));
  metrics.AddReadCounter("arc_auth_cache_evictions_total", "Tokens pushed out of the full cache.",
                         reading(&Stats::evictions));
  metrics.AddReadCounter("arc_auth_cache_expired_total", "Tokens forgotten after auth.cache_ttl.",
                         reading(&Stats::expired));
}

}  // namespace arc::server
