#include "access/auth/token_tree.h"

#include <array>
#include <utility>

#include "foundation/base/check.h"

namespace arc::auth {
namespace {

constexpr std::size_t kWays = 16;
constexpr std::size_t kDigits = 64;  // of a hash: half a byte each

std::size_t DigitOf(const TokenHash& hash, std::size_t depth) {
  CHECK(depth < kDigits, "two tokens have the same hash");
  const auto byte = hash.bytes[depth / 2];
  return depth % 2 == 0 ? byte >> 4 : byte & 15;
}

}  // namespace

struct TokenTree::Node {
  KnownToken token;
  std::array<Link, kWays> below{};
};

const KnownToken* TokenTree::Find(const TokenHash& hash) const {
  const auto* node = top_.get();
  for (std::size_t depth = 0; node != nullptr && node->token.hash != hash; depth++) {
    node = node->below[DigitOf(hash, depth)].get();
  }
  return node == nullptr ? nullptr : &node->token;
}

const KnownToken* TokenTree::Oldest() const { return top_ ? &top_->token : nullptr; }

TokenTree TokenTree::With(KnownToken token) const {
  return {Added(top_.get(), std::move(token), 0), size_ + 1};
}

TokenTree TokenTree::Without(const TokenHash& hash) const {
  CHECK(top_ != nullptr, "a token is removed that is not there");
  return {Removed(*top_, hash, 0), size_ - 1};
}

TokenTree::Link TokenTree::Added(const Node* tree, KnownToken&& token, std::size_t depth) {
  if (tree == nullptr) return std::make_shared<const Node>(Node{std::move(token)});
  CHECK(tree->token.known_until <= token.known_until, "a new token is older than one before it");
  CHECK(tree->token.hash != token.hash, "a token is added twice");
  auto copy = std::make_shared<Node>(*tree);
  auto& below = copy->below[DigitOf(token.hash, depth)];
  below = Added(below.get(), std::move(token), depth + 1);
  return copy;
}

TokenTree::Link TokenTree::Removed(const Node& tree, const TokenHash& hash, std::size_t depth) {
  if (tree.token.hash == hash) return TopRemoved(tree);
  auto copy = std::make_shared<Node>(tree);
  auto& below = copy->below[DigitOf(hash, depth)];
  CHECK(below != nullptr, "a token is removed that is not there");
  below = Removed(*below, hash, depth + 1);
  return copy;
}

// Any token below may take the place of the one above: the digits that lead there are its own.
TokenTree::Link TokenTree::TopRemoved(const Node& tree) {
  std::size_t oldest = kWays;
  for (std::size_t way = 0; way < kWays; way++) {
    if (!tree.below[way]) continue;
    const bool is_older = oldest == kWays || tree.below[way]->token.known_until <
                                                 tree.below[oldest]->token.known_until;
    if (is_older) oldest = way;
  }
  if (oldest == kWays) return nullptr;
  auto copy = std::make_shared<Node>(tree);
  auto& below = copy->below[oldest];
  copy->token = below->token;
  below = TopRemoved(*below);
  return copy;
}

}  // namespace arc::auth
