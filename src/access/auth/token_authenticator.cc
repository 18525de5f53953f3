#include "access/auth/token_authenticator.h"

#include <memory>
#include <utility>

namespace arc::auth {
namespace {

constexpr std::size_t kTokenBytesMax = 512;

Error Invalid() { return {ErrorCode::kUnauthenticated, "Invalid or expired token"}; }

}  // namespace

Result<Principal> TokenAuthenticator::Authenticate(std::string_view token) const {
  Principal principal;
  TRY(Visit(token, [&](const TokenInfo& info) { principal = info.ToPrincipal(); }));
  return principal;
}

Result<TokenInfo> TokenAuthenticator::Lookup(std::string_view token) const {
  TokenInfo found;
  TRY(Visit(token, [&](const TokenInfo& info) { found = info; }));
  return found;
}

template <class Use>
Result<void> TokenAuthenticator::Visit(std::string_view token, const Use& use) const {
  if (token.empty() || token.size() > kTokenBytesMax) return Invalid();
  const auto hash = HashOf(token);
  const auto now = clock_.NowMicros();
  if (const auto* known = cache_.Find(hash)) {
    if (!known->IsValidAt(now)) return Invalid();
    use(*known);
    return {};
  }
  const auto version = cache_.version();
  auto found = TRY(store_.Find(hash));
  if (!found) return Invalid();
  found->grants = TRY(tree_.GrantsOf(*found));
  found->limits = TRY(policies_.LimitsOf(found->id));
  auto info = std::make_shared<const TokenInfo>(*std::move(found));
  cache_.Put(hash, info, version);
  if (!info->IsValidAt(now)) return Invalid();
  store_.NoteUse(info->id);
  use(*info);
  return {};
}

Result<void> TokenAuthenticator::Change(std::int64_t id, const TokenEdit& edit) {
  auto changed = store_.Change(id, edit);
  cache_.Invalidate();
  return changed;
}

Result<std::string> TokenAuthenticator::Rotate(std::int64_t id) {
  auto rotated = store_.Rotate(id);
  cache_.Invalidate();
  return rotated;
}

Result<void> TokenAuthenticator::Revoke(std::int64_t id) {
  auto revoked = store_.Revoke(id);
  cache_.Invalidate();
  return revoked;
}

Result<void> TokenAuthenticator::Delete(std::int64_t id) {
  auto deleted = store_.Delete(id);
  cache_.Invalidate();
  return deleted;
}

}  // namespace arc::auth
