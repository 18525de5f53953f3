#include "access/auth/token_authenticator.h"

#include <memory>
#include <utility>

#include "foundation/base/check.h"

namespace arc::auth {
namespace {

constexpr std::size_t kTokenBytesMax = 512;

// Nothing that was read before a change is believed after it, however the change ends.
class Forgetter {
 public:
  explicit Forgetter(TokenCache& cache) : cache_(cache) {}
  Forgetter(const Forgetter&) = delete;
  Forgetter& operator=(const Forgetter&) = delete;
  ~Forgetter() { cache_.Invalidate(); }

 private:
  TokenCache& cache_;
};

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
  CHECK(found->is_scoped == (found->grants != nullptr), "a scoped token keeps its own permissions");
  found->limits = TRY(policies_.LimitsOf(found->id));
  auto info = std::make_shared<const TokenInfo>(*std::move(found));
  cache_.Put(hash, info, version);
  if (!info->IsValidAt(now)) return Invalid();
  store_.NoteUse(info->id);
  use(*info);
  return {};
}

Result<void> TokenAuthenticator::Change(std::int64_t id, const TokenEdit& edit) {
  const Forgetter forgetter(cache_);
  return store_.Change(id, edit);
}

Result<std::string> TokenAuthenticator::Rotate(std::int64_t id) {
  const Forgetter forgetter(cache_);
  return store_.Rotate(id);
}

Result<void> TokenAuthenticator::Revoke(std::int64_t id) {
  const Forgetter forgetter(cache_);
  return store_.Revoke(id);
}

Result<void> TokenAuthenticator::Delete(std::int64_t id) {
  const Forgetter forgetter(cache_);
  return store_.Delete(id);
}

}  // namespace arc::auth
