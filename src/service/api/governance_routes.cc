#include "service/api/governance_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/request_parameters.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using auth::PolicyLimits;

struct Member {
  const char* name;
  std::int64_t PolicyLimits::*field;
};
constexpr std::array<Member, 6> kMembers = {{
    {"rate_limit_per_minute", &PolicyLimits::requests_per_minute},
    {"rate_limit_per_hour", &PolicyLimits::requests_per_hour},
    {"max_queries_per_hour", &PolicyLimits::queries_per_hour},
    {"max_queries_per_day", &PolicyLimits::queries_per_day},
    {"max_rows_per_query", &PolicyLimits::rows_per_query},
    {"max_scan_duration_sec", &PolicyLimits::query_seconds},
}};

Result<std::int64_t> NumberIn(const json::object& object, const char* name, std::int64_t absent) {
  const auto* member = object.if_contains(name);
  if (member == nullptr) return absent;
  if (member->is_int64()) return member->get_int64();
  return Invalid(fmt::format("{} must be a whole number", name));
}

Result<PolicyLimits> LimitsIn(const json::object& object) {
  PolicyLimits limits;
  for (const auto& member : kMembers) {
    limits.*member.field = TRY(NumberIn(object, member.name, 0));
  }
  return limits;
}

json::object ToJson(const auth::Policy& policy) {
  json::object object{
      {"id", policy.token_id}, {"token_id", policy.token_id}, {"token_name", policy.token_name}};
  for (const auto& member : kMembers) object.emplace(member.name, policy.limits.*member.field);
  object.emplace("created_at", Rfc3339(policy.created_at));
  object.emplace("updated_at", Rfc3339(policy.updated_at));
  return object;
}

http::Response Answer(const Result<auth::Policy>& policy, http::Success status = http::kOk) {
  if (!policy.ok()) return http::AccessErrorAnswer(policy.error());
  return JsonAnswer({{"success", true}, {"policy", ToJson(policy.value())}}, status);
}

// What is left of a limit; null without one.
json::value Left(std::int64_t most, std::int64_t used) {
  if (most == 0) return nullptr;
  return std::max<std::int64_t>(0, most - used);
}

}  // namespace

std::vector<http::Route> GovernanceRoutes::Routes() {
  using http::Request;
  const auto route = [this](const char* method, const char* pattern, auto answer) {
    return PooledAdminRoute(pool_, method, pattern, answer);
  };
  return {
      route("GET", "/api/v1/governance/policies", [this](Request&) { return List(); }),
      route("POST", "/api/v1/governance/policies",
            [this](Request& request) { return Add(request); }),
      route("GET", "/api/v1/governance/policies/:token_id",
            [this](Request& request) { return Show(request); }),
      route("PUT", "/api/v1/governance/policies/:token_id",
            [this](Request& request) { return Change(request); }),
      route("DELETE", "/api/v1/governance/policies/:token_id",
            [this](Request& request) { return Remove(request); }),
      route("GET", "/api/v1/governance/usage/:token_id",
            [this](Request& request) { return ShowUsage(request); }),
  };
}

http::Response GovernanceRoutes::List() const {
  const auto policies = policies_.List();
  if (!policies.ok()) return http::AccessErrorAnswer(policies.error());
  return JsonAnswer({{"success", true},
                     {"policies", JsonItems(policies.value(), ToJson)},
                     {"count", policies.value().size()}});
}

http::Response GovernanceRoutes::Add(const http::Request& request) {
  const auto add = [&]() -> Result<auth::Policy> {
    const auto object = TRY(ObjectIn(request.body));
    const auto token_id = TRY(NumberIn(object, "token_id", 0));
    const auto limits = TRY(LimitsIn(object));
    return policies_.Add(token_id, limits);
  };
  return Answer(add(), http::kCreated);
}

http::Response GovernanceRoutes::Show(const http::Request& request) const {
  return Answer(policies_.Get(request.PathId("token_id")));
}

http::Response GovernanceRoutes::Change(const http::Request& request) {
  const auto change = [&]() -> Result<auth::Policy> {
    const auto object = TRY(ObjectIn(request.body));
    const auto limits = TRY(LimitsIn(object));
    return policies_.Change(request.PathId("token_id"), limits);
  };
  return Answer(change());
}

http::Response GovernanceRoutes::Remove(const http::Request& request) {
  const auto removed = policies_.Remove(request.PathId("token_id"));
  if (!removed.ok()) return http::AccessErrorAnswer(removed.error());
  return MessageAnswer("Policy deleted");
}

http::Response GovernanceRoutes::ShowUsage(const http::Request& request) const {
  const auto id = request.PathId("token_id");
  const auto limits = policies_.LimitsOf(id);
  if (!limits.ok()) return http::AccessErrorAnswer(limits.error());
  const auto usage = usage_.UsageOf(id);
  return JsonAnswer(
      {{"success", true},
       {"usage",
        json::object{{"token_id", id},
                     {"queries_this_hour", usage.queries_this_hour},
                     {"queries_this_day", usage.queries_this_day},
                     {"hour_reset_at", Rfc3339(usage.hour_reset_at)},
                     {"day_reset_at", Rfc3339(usage.day_reset_at)},
                     {"rate_limit_remaining_per_minute",
                      Left(limits.value().requests_per_minute, usage.requests_this_minute)},
                     {"rate_limit_remaining_per_hour",
                      Left(limits.value().requests_per_hour, usage.requests_this_hour)}}}});
}

}  // namespace arc::api
