#include "service/api/access_routes.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "foundation/time/time_text.h"
#include "service/api/json_answer.h"
#include "service/api/pooled_handler.h"
#include "service/api/request_parameters.h"
#include "service/api/token_request.h"
#include "service/http/error_answer.h"

namespace arc::api {
namespace {

using auth::AccessLevel;

json::object GrantJson(const auth::Grant& grant) {
  json::object object{{"database", grant.database_pattern}};
  if (grant.measurement_pattern) object.emplace("measurement", *grant.measurement_pattern);
  object.emplace("permissions", api::ToJson(grant.permissions));
  object.emplace("source", grant.source);
  return object;
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

json::object AccessRoutes::ToJson(const Resource& resource, const auth::AccessNode& node) {
  json::object object{{"id", node.id}, {resource.name_member, node.settings.name}};
  if (resource.parent_member != nullptr) object.emplace(resource.parent_member, node.parent_id);
  if (HasPattern(resource.level)) {
    object.emplace("permissions", api::ToJson(node.settings.permissions));
  } else {
    object.emplace("description", node.settings.description);
    object.emplace("enabled", node.settings.is_enabled);
  }
  object.emplace("created_at", Rfc3339(node.created_at));
  object.emplace("updated_at", Rfc3339(node.updated_at));
  return object;
}

void AccessRoutes::AddList(const Resource& resource, const std::vector<auth::AccessNode>& nodes,
                           json::object& to) {
  to.emplace(resource.plural,
             JsonItems(nodes, [&](const auto& node) { return ToJson(resource, node); }));
  to.emplace("count", nodes.size());
}

http::Response AccessRoutes::ListAnswer(const Resource& resource,
                                        const Result<std::vector<auth::AccessNode>>& nodes) {
  if (!nodes.ok()) return http::AccessErrorAnswer(nodes.error());
  json::object body{{"success", true}};
  AddList(resource, nodes.value(), body);
  return JsonAnswer(body);
}

http::Response AccessRoutes::NodeAnswer(const Resource& resource,
                                        const Result<auth::AccessNode>& node,
                                        http::Success status) {
  if (!node.ok()) return http::AccessErrorAnswer(node.error());
  return JsonAnswer({{"success", true}, {resource.singular, ToJson(resource, node.value())}},
                    status);
}

http::Response AccessRoutes::List(const Resource& resource, const http::Request& request) const {
  const auto parent =
      resource.parent_parameter == nullptr ? 0 : request.PathId(resource.parent_parameter);
  return ListAnswer(resource, tree_.List(resource.level, parent));
}

http::Response AccessRoutes::Add(const Resource& resource, const http::Request& request) {
  const auto settings = ParseAccessSettings(request.body, resource.name_member, {});
  if (!settings.ok()) return http::AccessErrorAnswer(settings.error());
  const auto parent =
      resource.parent_parameter == nullptr ? 0 : request.PathId(resource.parent_parameter);
  auto added = tree_.Add(resource.level, parent, settings.value());
  if (!added.ok() && added.error().code == ErrorCode::kNotFound) {
    // The contract's answer where there is nothing to put it below.
    auto error = std::move(added).TakeError();
    error.code = ErrorCode::kInvalidInput;
    return http::AccessErrorAnswer(error);
  }
  return NodeAnswer(resource, added, http::kCreated);
}

// With what is right below it.
http::Response AccessRoutes::Show(const Resource& resource, const http::Request& request) const {
  const auto node = tree_.Get(resource.level, request.PathId("id"));
  if (!node.ok()) return http::AccessErrorAnswer(node.error());
  auto object = ToJson(resource, node.value());
  if (const auto* below = resource.below) {
    const auto nodes = tree_.List(below->level, node.value().id);
    if (!nodes.ok()) return http::AccessErrorAnswer(nodes.error());
    AddList(*below, nodes.value(), object);
  }
  return JsonAnswer({{"success", true}, {resource.singular, std::move(object)}});
}

http::Response AccessRoutes::Change(const Resource& resource, const http::Request& request) {
  const auto edit = [&](auth::AccessSettings& settings) -> Result<void> {
    settings = TRY(ParseAccessSettings(request.body, resource.name_member, std::move(settings)));
    return {};
  };
  return NodeAnswer(resource, tree_.Change(resource.level, request.PathId("id"), edit), http::kOk);
}

http::Response AccessRoutes::Remove(const Resource& resource, const http::Request& request) {
  const auto removed = tree_.Remove(resource.level, request.PathId("id"));
  if (!removed.ok()) return http::AccessErrorAnswer(removed.error());
  return MessageAnswer(fmt::format("{} deleted", NameOf(resource.level)));
}

http::Response AccessRoutes::ListTeamsOf(const http::Request& request) const {
  return ListAnswer(kTeams, tree_.TeamsOf(request.PathId("id")));
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
  return JsonAnswer({{"success", true},
                     {"membership", json::object{{"id", membership.id},
                                                 {"token_id", membership.token_id},
                                                 {"team_id", membership.team_id},
                                                 {"created_at", Rfc3339(membership.created_at)}}}},
                    http::kCreated);
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
  auto items =
      grants.value()
          ? JsonItems(grants.value()->list(), GrantJson)
          : json::array{GrantJson({"*", std::nullopt, token.value().permissions, "token"})};
  return JsonAnswer({{"success", true}, {"permissions", std::move(items)}, {"rbac_enabled", true}});
}

}  // namespace arc::api
