#include "service/api/access_routes.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include <boost/json.hpp>

#include "foundation/text/json_text.h"
#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/request_parameters.h"
#include "service/api/token_request.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using auth::AccessLevel;

std::string GrantJson(const auth::Grant& grant) {
  const auto measurement =
      grant.measurement_pattern
          ? fmt::format(R"("measurement":{},)", JsonString(*grant.measurement_pattern))
          : "";
  return fmt::format(R"({{"database":{},{}"permissions":{},"source":{}}})",
                     JsonString(grant.database_pattern), measurement, ToJson(grant.permissions),
                     JsonString(grant.source));
}

}  // namespace

const AccessRoutes::Resource AccessRoutes::kOrganizations = {
    AccessLevel::kOrganization, "organization", "organizations", nullptr, nullptr, "name", &kTeams};
const AccessRoutes::Resource AccessRoutes::kTeams = {AccessLevel::kTeam, "team", "teams", "org_id",
                                                     "organization_id",  "name", &kRoles};
const AccessRoutes::Resource AccessRoutes::kRoles = {
    AccessLevel::kRole, "role", "roles", "team_id", "team_id", "database_pattern", &kMeasurements};
const AccessRoutes::Resource AccessRoutes::kMeasurements = {AccessLevel::kMeasurement,
                                                            "measurement_permission",
                                                            "measurement_permissions",
                                                            "role_id",
                                                            "role_id",
                                                            "measurement_pattern",
                                                            nullptr};

std::vector<http::Route> AccessRoutes::Routes() {
  using http::Request;
  const auto route = [this](const char* method, const char* pattern, auto answer) {
    return PooledAdminRoute(pool_, method, pattern, answer);
  };
  const auto about = [this](const Resource& resource, auto member) {
    return
        [this, &resource, member](Request& request) { return (this->*member)(resource, request); };
  };
  std::vector<http::Route> routes;
  const auto collection = [&](const char* pattern, const Resource& resource) {
    routes.push_back(route("GET", pattern, about(resource, &AccessRoutes::List)));
    routes.push_back(route("POST", pattern, about(resource, &AccessRoutes::Add)));
  };
  const auto single = [&](const char* pattern, const Resource& resource) {
    routes.push_back(route("GET", pattern, about(resource, &AccessRoutes::Show)));
    routes.push_back(route("PATCH", pattern, about(resource, &AccessRoutes::Change)));
    routes.push_back(route("DELETE", pattern, about(resource, &AccessRoutes::Remove)));
  };
  collection("/api/v1/rbac/organizations", kOrganizations);
  single("/api/v1/rbac/organizations/:id", kOrganizations);
  collection("/api/v1/rbac/organizations/:org_id/teams", kTeams);
  single("/api/v1/rbac/teams/:id", kTeams);
  collection("/api/v1/rbac/teams/:team_id/roles", kRoles);
  single("/api/v1/rbac/roles/:id", kRoles);
  collection("/api/v1/rbac/roles/:role_id/measurements", kMeasurements);
  routes.push_back(route("DELETE", "/api/v1/rbac/measurement-permissions/:id",
                         about(kMeasurements, &AccessRoutes::Remove)));
  routes.push_back(route("GET", "/api/v1/auth/tokens/:id/teams",
                         [this](Request& request) { return ListTeamsOf(request); }));
  routes.push_back(route("POST", "/api/v1/auth/tokens/:id/teams",
                         [this](Request& request) { return Join(request); }));
  routes.push_back(route("DELETE", "/api/v1/auth/tokens/:id/teams/:team_id",
                         [this](Request& request) { return Leave(request); }));
  routes.push_back(route("GET", "/api/v1/auth/tokens/:id/permissions",
                         [this](Request& request) { return ShowPermissions(request); }));
  return routes;
}

std::string AccessRoutes::ToJson(const Resource& resource, const auth::AccessNode& node) {
  auto json = fmt::format(R"({{"id":{},"{}":{})", node.id, resource.name_member,
                          JsonString(node.wish.name));
  if (resource.parent_member != nullptr) {
    json += fmt::format(R"(,"{}":{})", resource.parent_member, node.parent_id);
  }
  json += HasPattern(resource.level)
              ? fmt::format(R"(,"permissions":{})", api::ToJson(node.wish.permissions))
              : fmt::format(R"(,"description":{},"enabled":{})", JsonString(node.wish.description),
                            node.wish.is_enabled);
  return json + fmt::format(R"(,"created_at":"{}","updated_at":"{}"}})", Rfc3339(node.created_at),
                            Rfc3339(node.updated_at));
}

std::string AccessRoutes::ToJsonList(const Resource& resource,
                                     const std::vector<auth::AccessNode>& nodes) {
  const auto items = JsonItems(nodes, [&](const auto& node) { return ToJson(resource, node); });
  return fmt::format(R"("{}":[{}],"count":{})", resource.plural, items, nodes.size());
}

http::Response AccessRoutes::List(const Resource& resource, const http::Request& request) const {
  const auto parent =
      resource.parent_parameter == nullptr ? 0 : request.PathId(resource.parent_parameter);
  const auto nodes = tree_.List(resource.level, parent);
  if (!nodes.ok()) return http::AccessErrorAnswer(nodes.error());
  return JsonAnswer(http::kOk,
                    fmt::format(R"({{"success":true,{}}})", ToJsonList(resource, nodes.value())));
}

http::Response AccessRoutes::Add(const Resource& resource, const http::Request& request) {
  const auto wish = ParseAccessWish(request.body, resource.name_member, {});
  if (!wish.ok()) return http::AccessErrorAnswer(wish.error());
  const auto parent =
      resource.parent_parameter == nullptr ? 0 : request.PathId(resource.parent_parameter);
  auto added = tree_.Add(resource.level, parent, wish.value());
  if (!added.ok()) {
    auto error = std::move(added).TakeError();
    // The contract's answer where there is nothing to put it below.
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kInvalidInput;
    return http::AccessErrorAnswer(error);
  }
  return JsonAnswer(http::kCreated, fmt::format(R"({{"success":true,"{}":{}}})", resource.singular,
                                                ToJson(resource, added.value())));
}

// With what is right below it.
http::Response AccessRoutes::Show(const Resource& resource, const http::Request& request) const {
  const auto node = tree_.Get(resource.level, request.PathId("id"));
  if (!node.ok()) return http::AccessErrorAnswer(node.error());
  auto json = ToJson(resource, node.value());
  if (const auto* below = resource.below) {
    const auto nodes = tree_.List(below->level, node.value().id);
    if (!nodes.ok()) return http::AccessErrorAnswer(nodes.error());
    json.pop_back();
    json += fmt::format(",{}}}", ToJsonList(*below, nodes.value()));
  }
  return JsonAnswer(http::kOk,
                    fmt::format(R"({{"success":true,"{}":{}}})", resource.singular, json));
}

http::Response AccessRoutes::Change(const Resource& resource, const http::Request& request) {
  const auto edit = [&](auth::AccessWish& wish) -> Result<void> {
    wish = TRY(ParseAccessWish(request.body, resource.name_member, std::move(wish)));
    return {};
  };
  const auto changed = tree_.Change(resource.level, request.PathId("id"), edit);
  if (!changed.ok()) return http::AccessErrorAnswer(changed.error());
  return JsonAnswer(http::kOk, fmt::format(R"({{"success":true,"{}":{}}})", resource.singular,
                                           ToJson(resource, changed.value())));
}

http::Response AccessRoutes::Remove(const Resource& resource, const http::Request& request) {
  const auto removed = tree_.Remove(resource.level, request.PathId("id"));
  if (!removed.ok()) return http::AccessErrorAnswer(removed.error());
  return MessageAnswer(fmt::format("{} deleted", NameOf(resource.level)));
}

http::Response AccessRoutes::ListTeamsOf(const http::Request& request) const {
  const auto teams = tree_.TeamsOf(request.PathId("id"));
  if (!teams.ok()) return http::AccessErrorAnswer(teams.error());
  return JsonAnswer(http::kOk,
                    fmt::format(R"({{"success":true,{}}})", ToJsonList(kTeams, teams.value())));
}

http::Response AccessRoutes::Join(const http::Request& request) {
  const auto object = ObjectIn(request.body);
  const auto* team = object.ok() ? object.value().if_contains("team_id") : nullptr;
  if (team == nullptr || !team->is_int64()) {
    return http::AccessErrorAnswer(Invalid("the body must be {\"team_id\": the team's number}"));
  }
  const auto joined = tree_.Join(request.PathId("id"), team->get_int64());
  if (!joined.ok()) return http::AccessErrorAnswer(joined.error());
  const auto& membership = joined.value();
  return JsonAnswer(
      http::kCreated,
      fmt::format(R"({{"success":true,"membership":{{"id":{},"token_id":{},"team_id":{},)"
                  R"("created_at":"{}"}}}})",
                  membership.id, membership.token_id, membership.team_id,
                  Rfc3339(membership.created_at)));
}

http::Response AccessRoutes::Leave(const http::Request& request) {
  const auto left = tree_.Leave(request.PathId("id"), request.PathId("team_id"));
  if (!left.ok()) return http::AccessErrorAnswer(left.error());
  return MessageAnswer("Token removed from the team");
}

http::Response AccessRoutes::ShowPermissions(const http::Request& request) const {
  const auto token = tokens_.Get(request.PathId("id"));
  if (!token.ok()) return http::AccessErrorAnswer(token.error());
  const auto grants = tree_.GrantsOf(token.value());
  if (!grants.ok()) return http::AccessErrorAnswer(grants.error());
  const auto items = grants.value()
                         ? JsonItems(grants.value()->list(), GrantJson)
                         : GrantJson({"*", std::nullopt, token.value().permissions, "token"});
  return JsonAnswer(
      http::kOk,
      fmt::format(R"({{"success":true,"permissions":[{}],"rbac_enabled":true}})", items));
}

}  // namespace arc::api
