// The endpoints of organisations, teams, roles and memberships: /api/v1/rbac and
// /api/v1/auth/tokens/:id/teams.

#pragma once

#include <vector>

#include "access/auth/access_tree.h"
#include "access/auth/token_store.h"
#include "foundation/base/task_pool.h"
#include "service/api/json_answer.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  all of it runs in `pool`.
class AccessRoutes {
 public:
  AccessRoutes(auth::AccessTree& tree, const auth::TokenStore& tokens, TaskPool& pool)
      : tree_(tree), tokens_(tokens), pool_(pool) {}

  std::vector<http::Route> Routes();

 private:
  // A level of the tree as the API shows it.
  struct Resource {
    auth::AccessLevel level;
    const char* singular;
    const char* plural;
    const char* parent_parameter;  // of the path; null for organisations
    const char* parent_member;     // of the JSON; null for organisations
    const char* name_member;
    const Resource* below;  // null for measurement permissions
  };
  static const Resource kOrganizations, kTeams, kRoles, kMeasurements;

  http::Response List(const Resource& resource, const http::Request& request) const;
  http::Response Add(const Resource& resource, const http::Request& request);
  http::Response Show(const Resource& resource, const http::Request& request) const;
  http::Response Change(const Resource& resource, const http::Request& request);
  http::Response Remove(const Resource& resource, const http::Request& request);
  http::Response ListTeamsOf(const http::Request& request) const;
  http::Response Join(const http::Request& request);
  http::Response Leave(const http::Request& request);
  http::Response ShowPermissions(const http::Request& request) const;

  static json::object ToJson(const Resource& resource, const auth::AccessNode& node);
  // Members "organizations", "teams", ... and "count".
  static void AddList(const Resource& resource, const std::vector<auth::AccessNode>& nodes,
                      json::object& to);
  static http::Response ListAnswer(const Resource& resource,
                                   const Result<std::vector<auth::AccessNode>>& nodes);
  static http::Response NodeAnswer(const Resource& resource, const Result<auth::AccessNode>& node,
                                   http::Success status);

  auth::AccessTree& tree_;
  const auth::TokenStore& tokens_;
  TaskPool& pool_;
};

}  // namespace arc::api
