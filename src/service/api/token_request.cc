#include "service/api/token_request.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include <boost/json.hpp>

#include "foundation/text/json_text.h"
#include "foundation/time/duration.h"
#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/request_parameters.h"

namespace arc::api {
namespace {

namespace json = boost::json;

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

std::string TimeOrNull(const std::optional<std::int64_t>& time) {
  return time ? fmt::format("\"{}\"", Rfc3339(*time)) : "null";
}

double Percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Result<auth::TokenWish> ParseTokenWish(const std::string& body, auth::TokenWish so_far,
                                       std::int64_t now) {
  const auto object = TRY(ObjectIn(body));
  TRY(SetText(object, "name", so_far.name));
  TRY(SetText(object, "description", so_far.description));
  TRY(SetPermissions(object, so_far.permissions));
  TRY(SetExpiry(object, now, so_far.expires_at));
  return so_far;
}

Result<auth::AccessWish> ParseAccessWish(const std::string& body, const char* name_member,
                                         auth::AccessWish so_far) {
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

std::string ToJson(const auth::Permissions& permissions) {
  std::string words;
  for (const char c : auth::ToText(permissions)) {
    words += c == ',' ? std::string("\",\"") : std::string(1, c);
  }
  return words.empty() ? "[]" : fmt::format(R"(["{}"])", words);
}

std::string ToJson(const auth::TokenCacheStats& stats) {
  const auto total = stats.hits + stats.misses;
  return fmt::format(
      R"({{"cache_size":{},"max_cache_size":{},"cache_ttl_seconds":{},)"
      R"("utilization_percent":{:.1f},"total_requests":{},"cache_hits":{},"cache_misses":{},)"
      R"("cache_evictions":{},"cache_expired":{},"hit_rate_percent":{:.1f},)"
      R"("cleanup_thread_running":{},"last_sweep":{},"last_sweep_removed":{}}})",
      stats.size, stats.size_max, stats.ttl.count() / 1000, Percent(stats.size, stats.size_max),
      total, stats.hits, stats.misses, stats.evictions, stats.expired, Percent(stats.hits, total),
      stats.is_sweeper_running, TimeOrNull(stats.last_sweep_at), stats.last_sweep_removed);
}

std::string ToJson(const auth::TokenInfo& token) {
  return fmt::format(R"({{"id":{},"name":{},"description":{},"permissions":{},"created_at":"{}",)"
                     R"("last_used_at":{},"expires_at":{},"enabled":{}}})",
                     token.id, JsonString(token.name), JsonString(token.description),
                     ToJson(token.permissions), Rfc3339(token.created_at),
                     TimeOrNull(token.last_used_at), TimeOrNull(token.expires_at),
                     token.is_enabled);
}

}  // namespace arc::api
