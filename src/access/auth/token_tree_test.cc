// Compared with an obvious twin: a map by hash.

#include "access/auth/token_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace arc::auth {
namespace {

using std::chrono::milliseconds;

KnownToken Token(const TokenHash& hash, int time) {
  TokenInfo info;
  info.id = time;
  return {hash, std::make_shared<const TokenInfo>(info), Clock::SteadyTime(milliseconds(time))};
}
TokenHash Hash(int number) { return HashOf(std::to_string(number)); }

// Time by hash, as text.
using Twin = std::map<std::string, int>;

void ExpectSame(const TokenTree& tree, const Twin& twin, const std::vector<TokenHash>& hashes) {
  ASSERT_EQ(tree.size(), twin.size());
  for (const auto& hash : hashes) {
    const auto* found = tree.Find(hash);
    const auto expected = twin.find(hash.Hex());
    ASSERT_EQ(found != nullptr, expected != twin.end());
    if (found != nullptr) {
      ASSERT_EQ(found->hash, hash);
      ASSERT_EQ(found->info->id, expected->second);
    }
  }
  ASSERT_EQ(tree.Oldest() == nullptr, twin.empty());
  if (twin.empty()) return;
  const auto oldest = std::ranges::min_element(twin, {}, &Twin::value_type::second);
  ASSERT_EQ(tree.Oldest()->info->id, oldest->second);
}

TEST(TokenTreeTest, IsAsItsTwinAfterAnyChange) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<TokenHash> hashes;
  for (int i = 0; i < 200; i++) hashes.push_back(Hash(i));
  // Hashes with the same beginning: the way to one leads past all that came before.
  for (std::uint8_t last = 0; last < 20; last++) {
    hashes.push_back({});
    hashes.back().bytes[31] = last;
  }
  TokenTree tree;
  Twin twin;
  TokenTree kept_tree;
  Twin kept_twin;
  for (int time = 1; time <= 2000; time++) {
    const auto& hash = hashes[random() % hashes.size()];
    if (tree.Find(hash) == nullptr) {
      tree = tree.With(Token(hash, time));
      twin[hash.Hex()] = time;
    } else {
      const auto goes = random() % 2 == 0 ? hash : tree.Oldest()->hash;
      tree = tree.Without(goes);
      twin.erase(goes.Hex());
    }
    if (time % 10 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectSame(tree, twin, hashes));
    }
    if (time == 1000) {
      kept_tree = tree;
      kept_twin = twin;
    }
  }
  ASSERT_NO_FATAL_FAILURE(ExpectSame(kept_tree, kept_twin, hashes)) << "no old tree changes";
  while (tree.size() > 0) {
    twin.erase(tree.Oldest()->hash.Hex());
    tree = tree.Without(tree.Oldest()->hash);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(tree, twin, hashes));
  }
}

TEST(TokenTreeTest, TheOldestComeFirst) {
  TokenTree tree;
  for (int i = 0; i < 1000; i++) tree = tree.With(Token(Hash(i), i));
  for (int i = 0; i < 1000; i++) {
    ASSERT_EQ(tree.Oldest()->hash, Hash(i));
    tree = tree.Without(Hash(i));
  }
  EXPECT_EQ(tree.Oldest(), nullptr);
}

TEST(TokenTreeDeathTest, StopsAtWhatCannotBe) {
  const auto tree = TokenTree().With(Token(Hash(1), 10));
  EXPECT_DEATH(tree.With(Token(Hash(1), 11)), "added twice");
  EXPECT_DEATH(tree.With(Token(Hash(2), 9)), "older than one before it");
  EXPECT_DEATH(tree.Without(Hash(2)), "not there");
}

}  // namespace
}  // namespace arc::auth
