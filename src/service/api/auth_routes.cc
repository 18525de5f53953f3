#include "service/api/auth_routes.h"

#include <optional>
#include <string>
#include <utility>

#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/token_request.h"
#include "service/http/credentials.h"
#include "service/http/error_answer.h"

namespace arc::api {

std::vector<http::Route> AuthRoutes::Routes() {
  using http::Request;
  const auto admin = [this](const char* method, const char* pattern, auto answer) {
    return PooledAdminRoute(pool_, method, pattern, answer);
  };
  return {
      {"GET", "/api/v1/auth/verify", auth::Permission::kNone, http::BodyMode::kMemory,
       [this](const Request& request, http::Responder responder) {
         responder.Send(Verify(request));
       }},
      admin("GET", "/api/v1/auth/tokens", [this](Request&) { return List(); }),
      admin("POST", "/api/v1/auth/tokens", [this](Request& request) { return Create(request); }),
      admin("GET", "/api/v1/auth/tokens/:id", [this](Request& request) { return Show(request); }),
      admin("PATCH", "/api/v1/auth/tokens/:id",
            [this](Request& request) { return Change(request); }),
      admin("DELETE", "/api/v1/auth/tokens/:id",
            [this](Request& request) { return Delete(request); }),
      admin("POST", "/api/v1/auth/tokens/:id/rotate",
            [this](Request& request) { return Rotate(request); }),
      admin("POST", "/api/v1/auth/tokens/:id/revoke",
            [this](Request& request) { return Revoke(request); }),
      admin("GET", "/api/v1/auth/cache/stats", [this](Request&) { return CacheStats(); }),
      admin("POST", "/api/v1/auth/cache/invalidate",
            [this](Request&) { return InvalidateCache(); }),
  };
}

// Open to everybody, and so the place to try tokens: counted as any other request that shows one.
http::Response AuthRoutes::Verify(const http::Request& request) const {
  const auto shown = http::TokenOf(request);
  const auto token = tokens_.Lookup(shown);
  std::optional<auth::UsageRefusal> refusal;
  if (token.ok()) {
    refusal = limits_.CountRequest(token.value().ToPrincipal(), request.client_address);
  } else if (!shown.empty()) {
    refusal = limits_.CountFailure(request.client_address);
  }
  if (refusal) return http::TooManyRequests(*refusal);
  if (!token.ok()) {
    return http::ErrorAnswer(token.error(), {{"valid", false}, {"error", token.error().message}});
  }
  return JsonAnswer({{"valid", true},
                     {"token_info", ToJson(token.value())},
                     {"permissions", ToJson(token.value().permissions)}});
}

http::Response AuthRoutes::List() {
  tokens_.store().WriteUses();
  const auto tokens = tokens_.store().List();
  if (!tokens.ok()) return http::AccessErrorAnswer(tokens.error());
  return JsonAnswer(
      {{"success", true},
       {"tokens", JsonItems(tokens.value(), [](const auto& token) { return ToJson(token); })},
       {"count", tokens.value().size()}});
}

http::Response AuthRoutes::Create(const http::Request& request) {
  auth::TokenSettings preset;
  preset.permissions = {.read = true, .write = true};
  const auto settings = ParseTokenSettings(request.body, preset, clock_.NowMicros());
  if (!settings.ok()) return http::AccessErrorAnswer(settings.error());
  const auto token = tokens_.Create(settings.value());
  if (!token.ok()) return http::AccessErrorAnswer(token.error());
  return JsonAnswer({{"success", true},
                     {"token", token.value()},
                     {"message", "Token created: it is shown only this once"}},
                    http::kCreated);
}

http::Response AuthRoutes::Show(const http::Request& request) {
  tokens_.store().WriteUses();
  const auto token = tokens_.store().Get(request.PathId("id"));
  if (!token.ok()) return http::AccessErrorAnswer(token.error());
  return JsonAnswer({{"success", true}, {"token", ToJson(token.value())}});
}

http::Response AuthRoutes::Change(const http::Request& request) {
  const auto edit = [&](auth::TokenSettings& settings) -> Result<void> {
    settings = TRY(ParseTokenSettings(request.body, std::move(settings), clock_.NowMicros()));
    return {};
  };
  const auto changed = tokens_.Change(request.PathId("id"), edit);
  if (!changed.ok()) return http::AccessErrorAnswer(changed.error());
  return MessageAnswer("Token updated");
}

http::Response AuthRoutes::Delete(const http::Request& request) {
  const auto deleted = tokens_.Delete(request.PathId("id"));
  if (!deleted.ok()) return http::AccessErrorAnswer(deleted.error());
  return MessageAnswer("Token deleted");
}

http::Response AuthRoutes::Rotate(const http::Request& request) {
  const auto token = tokens_.Rotate(request.PathId("id"));
  if (!token.ok()) return http::AccessErrorAnswer(token.error());
  return JsonAnswer({{"success", true},
                     {"new_token", token.value()},
                     {"message", "Token rotated: the old one is void"}});
}

http::Response AuthRoutes::Revoke(const http::Request& request) {
  const auto revoked = tokens_.Revoke(request.PathId("id"));
  if (!revoked.ok()) return http::AccessErrorAnswer(revoked.error());
  return MessageAnswer("Token revoked");
}

http::Response AuthRoutes::CacheStats() const {
  return JsonAnswer({{"success", true}, {"stats", ToJson(tokens_.cache().stats())}});
}

http::Response AuthRoutes::InvalidateCache() {
  tokens_.cache().Invalidate();
  return MessageAnswer("Token cache invalidated");
}

}  // namespace arc::api
