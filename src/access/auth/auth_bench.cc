// What a token costs each request: hashing it, and finding it in the cache.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/auth/access_tree.h"
#include "access/auth/policy_store.h"
#include "access/auth/principal.h"
#include "access/auth/rate_limiter.h"
#include "access/auth/token_authenticator.h"
#include "access/auth/token_cache.h"
#include "foundation/base/check.h"
#include "foundation/testing/temp_directory.h"

namespace arc::auth {
namespace {

constexpr int kTokens = 1000;

struct Filled {
  Filled() {
    for (int i = 0; i < kTokens; i++) {
      tokens.push_back(DrawToken().TakeValue());
      cache.Put(HashOf(tokens.back()), std::make_shared<const TokenInfo>(), cache.version());
    }
  }
  TokenCache cache{kTokens, std::chrono::hours(1), Clock::System()};
  std::vector<std::string> tokens;
};

Filled& Cache() {
  static Filled filled;
  return filled;
}

// What the machine gives two threads that share nothing.
void HashAlone(benchmark::State& state) {
  const auto token = DrawToken().TakeValue();
  for (auto _ : state) benchmark::DoNotOptimize(HashOf(token));
}
BENCHMARK(HashAlone)->Threads(1)->Threads(2);

void HashAndFind(benchmark::State& state) {
  auto& filled = Cache();
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 7;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filled.cache.Find(HashOf(filled.tokens[i++ % kTokens])));
  }
}
BENCHMARK(HashAndFind)->Threads(1)->Threads(2);

void Find(benchmark::State& state) {
  auto& filled = Cache();
  std::vector<TokenHash> hashes;
  for (const auto& token : filled.tokens) hashes.push_back(HashOf(token));
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 7;
  for (auto _ : state) benchmark::DoNotOptimize(filled.cache.Find(hashes[i++ % kTokens]));
}
BENCHMARK(Find)->Threads(1)->Threads(2);

// All connections of a client have the same token.
void FindTheSame(benchmark::State& state) {
  auto& filled = Cache();
  const auto hash = HashOf(filled.tokens[0]);
  for (auto _ : state) benchmark::DoNotOptimize(filled.cache.Find(hash));
}
BENCHMARK(FindTheSame)->Threads(1)->Threads(2);

// What a token costs when it is asked for the first time, but for its row.
void FillTheCache(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<TokenHash> hashes;
  for (std::size_t i = 0; i < count; i++) hashes.push_back(HashOf(std::to_string(i)));
  const auto info = std::make_shared<const TokenInfo>();
  for (auto _ : state) {
    TokenCache cache(count, std::chrono::hours(1), Clock::System());
    for (const auto& hash : hashes) cache.Put(hash, info, cache.version());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}
BENCHMARK(FillTheCache)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// A token file with many tokens, and what changes one of them.
struct ManyTokens {
  explicit ManyTokens(std::int64_t count) {
    MutexLock lock(file->mutex);
    auto& connection = *file->connection;
    CHECK(connection.Execute("BEGIN").ok(), "no transaction begins");
    auto insert = connection
                      .Prepare(
                          "INSERT INTO tokens (name, hash, description, permissions, "
                          "created_at, last_used_at, expires_at, is_enabled) "
                          "VALUES (?, ?, '', ?, 1, 0, 0, 1)")
                      .TakeValue();
    for (std::int64_t i = 1; i <= count; i++) {
      const auto name = std::to_string(i);
      const auto hash = HashOf(name).Hex();
      insert.Bind(std::string_view(name)).Bind(std::string_view(hash));
      insert.Bind(std::string_view(i == 1 ? "admin" : "read"));
      CHECK(insert.Run().ok(), "no token is inserted");
    }
    CHECK(connection.Execute("COMMIT").ok(), "nothing is committed");
  }

  const testing::TempDirectory directory;
  const Clock& clock = Clock::System();
  const std::unique_ptr<AuthFile> file =
      AuthFile::Open(fs::FileSystem::Local(), directory / "auth.db").TakeValue();
};

void OpenTheStore(benchmark::State& state) {
  const ManyTokens many(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(TokenStore::Open(*many.file, many.clock).TakeValue());
  }
}
BENCHMARK(OpenTheStore)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// With the first request after it. Real time is mostly the disk's.
template <class Change>
void ChangeAToken(benchmark::State& state, const Change& change) {
  const ManyTokens many(state.range(0));
  const auto store = TokenStore::Open(*many.file, many.clock).TakeValue();
  TokenCache cache(1000, std::chrono::hours(1), many.clock);
  const AccessTree tree(*many.file, many.clock, [] {});
  const PolicyStore policies(*many.file, {}, many.clock, [] {});
  TokenAuthenticator tokens(*store, tree, policies, cache, many.clock);
  for (auto _ : state) {
    change(tokens);
    CHECK(tokens.Authenticate("3").ok(), "a good token is refused");
  }
}
void EditAToken(benchmark::State& state) {
  ChangeAToken(state, [](TokenAuthenticator& tokens) {
    CHECK(tokens.Change(2, [](TokenSettings&) { return Result<void>(); }).ok(), "no change");
  });
}
BENCHMARK(EditAToken)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);
void RotateAToken(benchmark::State& state) {
  ChangeAToken(state,
               [](TokenAuthenticator& tokens) { CHECK(tokens.Rotate(2).ok(), "no change"); });
}
BENCHMARK(RotateAToken)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// What each table of a query and each measurement of a write costs, with the one that fits last.
void MayWithTenRoles(benchmark::State& state) {
  std::vector<Grant> list(9, Grant{"other-*", std::nullopt, {.read = true}, ""});
  list.push_back({"plant-*", std::nullopt, {.read = true}, ""});
  Principal principal;
  principal.grants = std::make_shared<const Grants>(std::move(list));
  for (auto _ : state) {
    benchmark::DoNotOptimize(principal.May(Permission::kRead, "plant-7", "cpu"));
  }
}
BENCHMARK(MayWithTenRoles);

void TakeFromBucket(benchmark::State& state) {
  RateLimiter limiter(1e12, 1e12, Clock::System());
  for (auto _ : state) benchmark::DoNotOptimize(limiter.Take(7));
}
BENCHMARK(TakeFromBucket);

}  // namespace
}  // namespace arc::auth
