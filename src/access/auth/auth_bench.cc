// What a token costs each request: hashing it, and finding it in the cache.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "access/auth/principal.h"
#include "access/auth/rate_limiter.h"
#include "access/auth/token_cache.h"

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
