#include "service/api/token_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "foundation/time/duration.h"
#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/request_parameters.h"

namespace arc::api {
namespace {

Result<void> SetText(const json::object& body, const char* name, std::string& text) {
  const auto* member = body.if_contains(name);
  if (member == nullptr) return {};
  if (!member->is_string()) return Invalid(fmt::format("{} must be a string", name));
  text = std::string(member->get_string());
  return {};
}

Result<void> SetPermissions(const json::object& body, auth::Permissions& permissions) {
  const auto* member = body.if_contains("permissions");
  if (member == nullptr || member->is_null()) return {};  // null: a Go client's unset list
  const auto* words = member->if_array();
  if (words == nullptr) return Invalid("permissions must be an array of words");
  permissions = {};
  for (const auto& word : *words) {
    if (word.is_string() && auth::AddPermission(std::string(word.get_string()), permissions))
      continue;
    return Invalid(
        fmt::format("invalid permission {}: read, write, delete or admin", json::serialize(word)));
  }
  return {};
}

Result<void> SetExpiry(const json::object& body, std::int64_t now,
                       std::optional<std::int64_t>& expires_at) {
  const auto* member = body.if_contains("expires_in");
  if (member == nullptr) return {};
  if (member->is_null() || (member->is_string() && member->get_string().empty())) {
    expires_at.reset();
    return {};
  }
  const auto duration =
      member->is_string() ? ParseDuration(std::string(member->get_string())) : std::nullopt;
  if (!duration) return Invalid("expires_in must be digits and s, m, h, d or w, such as \"7d\"");
  expires_at = now + std::chrono::microseconds(*duration).count();
  return {};
}

double Percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Result<auth::TokenSettings> ParseTokenSettings(const std::string& body, auth::TokenSettings so_far,
                                               std::int64_t now) {
  const auto object = TRY(ObjectIn(body));
  TRY(SetText(object, "name", so_far.name));
  TRY(SetText(object, "description", so_far.description));
  TRY(SetPermissions(object, so_far.permissions));
  TRY(SetExpiry(object, now, so_far.expires_at));
  return so_far;
}

Result<auth::AccessSettings> ParseAccessSettings(const std::string& body, const char* name_member,
                                                 auth::AccessSettings so_far) {
  const auto object = TRY(ObjectIn(body));
  TRY(SetText(object, name_member, so_far.name));
  TRY(SetText(object, "description", so_far.description));
  TRY(SetPermissions(object, so_far.permissions));
  if (const auto* enabled = object.if_contains("enabled")) {
    if (!enabled->is_bool()) return Invalid("enabled must be true or false");
    so_far.is_enabled = enabled->get_bool();
  }
  return so_far;
}

json::array ToJson(const auth::Permissions& permissions) {
  json::array words;
  const auto text = auth::ToText(permissions);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

json::object ToJson(const auth::TokenCacheStats& stats) {
  const auto total = stats.hits + stats.misses;
  return {{"cache_size", stats.size},
          {"max_cache_size", stats.size_max},
          {"cache_ttl_seconds", stats.ttl.count() / 1000},
          {"utilization_percent", Rounded(Percent(stats.size, stats.size_max), 1)},
          {"total_requests", total},
          {"cache_hits", stats.hits},
          {"cache_misses", stats.misses},
          {"cache_evictions", stats.evictions},
          {"cache_expired", stats.expired},
          {"hit_rate_percent", Rounded(Percent(stats.hits, total), 1)},
          {"cleanup_thread_running", stats.is_sweeper_running},
          {"last_sweep", TimeOrNull(stats.last_sweep_at)},
          {"last_sweep_removed", stats.last_sweep_removed}};
}

json::object AuthCacheDetails(const auth::TokenCacheStats& stats) {
  return {{"auth_cache", ToJson(stats)}};
}

json::object ToJson(const auth::TokenInfo& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"description", token.description},
          {"permissions", ToJson(token.permissions)},
          {"created_at", Rfc3339(token.created_at)},
          {"last_used_at", TimeOrNull(token.last_used_at)},
          {"expires_at", TimeOrNull(token.expires_at)},
          {"enabled", token.is_enabled}};
}

}  // namespace arc::api
