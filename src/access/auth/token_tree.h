// What is known of tokens, as an immutable tree: a change makes a new tree and leaves the old one
// to whoever reads it.
//
// Each node has one token. The digits of a token's hash lead from the top down to it: the first
// digit says which way to go at the top, the second at the next node, and so on, until the node
// with that hash comes, or none. Hashes are as good as random, so the ways are short: 2 or 3 steps
// among 1,000 tokens, 5 among a million.
//
// A new token becomes a node at the end of its way. So each token is older than all below it, and
// the oldest is at the top; a token that goes is replaced by the oldest below it, which keeps that
// true. A change copies only the nodes on one way; the trees before and after share the others.

#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "access/auth/token.h"
#include "access/auth/token_info.h"
#include "foundation/time/clock.h"

namespace arc::auth {

struct KnownToken {
  TokenHash hash;
  std::shared_ptr<const TokenInfo> info;
  Clock::SteadyTime known_until;
};

// A value, cheap to copy. Its tokens live as long as a tree that holds them.
// Threads: any may read and copy the same tree.
// Memory:  320 bytes for each token, and its TokenInfo.
class TokenTree {
 public:
  TokenTree() = default;  // empty

  std::size_t size() const { return size_; }
  // Null when it is not there.
  const KnownToken* Find(const TokenHash& hash) const;
  // The one that is forgotten first; null in an empty tree.
  const KnownToken* Oldest() const;

  // Requires: `token` is not there, and none there is known for longer.
  TokenTree With(KnownToken token) const;
  // Requires: it is there.
  TokenTree Without(const TokenHash& hash) const;

 private:
  struct Node;
  using Link = std::shared_ptr<const Node>;  // null: nothing is there

  TokenTree(Link top, std::size_t size) : top_(std::move(top)), size_(size) {}
  static Link Added(const Node* tree, KnownToken&& token, std::size_t depth);
  static Link Removed(const Node& tree, const TokenHash& hash, std::size_t depth);
  static Link TopRemoved(const Node& tree);

  Link top_;
  std::size_t size_ = 0;
};

}  // namespace arc::auth
