// What a token costs each request: hashing it, and finding it in the cache.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "auth/token_cache.h"
#include "base/duration.h"

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

void Duration(benchmark::State& state) {
  const std::string text = "3600s";
  for (auto _ : state) benchmark::DoNotOptimize(ParseDuration(text));
}
BENCHMARK(Duration);

}  // namespace
}  // namespace arc::auth
