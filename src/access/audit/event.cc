#include "access/audit/event.h"

#include <algorithm>
#include <array>

namespace arc::audit {
namespace {

struct Row {
  std::string_view method;
  std::string_view pattern;  // with "*" at the end: every pattern that begins so
  Event event;
};

// The first row that fits counts.
constexpr std::array kRows = std::to_array<Row>({
    {"POST", "/api/v1/auth/tokens", {"token.created"}},
    {"PATCH", "/api/v1/auth/tokens/:id", {"token.updated"}},
    {"DELETE", "/api/v1/auth/tokens/:id", {"token.deleted"}},
    {"POST", "/api/v1/auth/tokens/:id/rotate", {"token.rotated"}},
    {"POST", "/api/v1/auth/tokens/:id/revoke", {"token.revoked"}},
    {"POST", "/api/v1/auth/tokens/:id/teams", {"rbac.membership.created"}},
    {"DELETE", "/api/v1/auth/tokens/:id/teams/:team_id", {"rbac.membership.deleted"}},
    {"POST", "/api/v1/auth/cache/invalidate", {"auth.cache_invalidated"}},
    {"GET", "/api/v1/auth/verify", {}},
    {"GET", "/api/v1/auth*", {"token.read", true}},
    {"POST", "/api/v1/rbac/organizations", {"rbac.organization.created"}},
    {"PATCH", "/api/v1/rbac/organizations/:id", {"rbac.organization.updated"}},
    {"DELETE", "/api/v1/rbac/organizations/:id", {"rbac.organization.deleted"}},
    {"POST", "/api/v1/rbac/organizations/:org_id/teams", {"rbac.team.created"}},
    {"PATCH", "/api/v1/rbac/teams/:id", {"rbac.team.updated"}},
    {"DELETE", "/api/v1/rbac/teams/:id", {"rbac.team.deleted"}},
    {"POST", "/api/v1/rbac/teams/:team_id/roles", {"rbac.role.created"}},
    {"PATCH", "/api/v1/rbac/roles/:id", {"rbac.role.updated"}},
    {"DELETE", "/api/v1/rbac/roles/:id", {"rbac.role.deleted"}},
    {"POST", "/api/v1/rbac/roles/:role_id/measurements", {"rbac.measurement_permission.created"}},
    {"DELETE", "/api/v1/rbac/measurement-permissions/:id", {"rbac.measurement_permission.deleted"}},
    {"GET", "/api/v1/rbac/roles/:role_id/measurements", {"rbac.measurement_permission.read", true}},
    {"GET", "/api/v1/rbac/roles*", {"rbac.role.read", true}},
    {"GET", "/api/v1/rbac/teams/:team_id/roles", {"rbac.role.read", true}},
    {"GET", "/api/v1/rbac/teams*", {"rbac.team.read", true}},
    {"GET", "/api/v1/rbac/organizations/:org_id/teams", {"rbac.team.read", true}},
    {"GET", "/api/v1/rbac*", {"rbac.organization.read", true}},
    {"POST", "/api/v1/governance/policies", {"governance.policy.created"}},
    {"PUT", "/api/v1/governance/policies/:token_id", {"governance.policy.updated"}},
    {"DELETE", "/api/v1/governance/policies/:token_id", {"governance.policy.deleted"}},
    {"GET", "/api/v1/governance*", {"governance.read", true}},
    {"GET", "/api/v1/audit*", {"audit.read", true}},
    {"GET", "/api/v1/rejections", {"data.rejections.read", true}},
    {"POST", "/api/v1/write/line-protocol/flush", {"data.flush"}},
    {"POST", "/api/v1/verify", {"data.verify"}},
    {"POST", "/write", {"data.write"}},
    {"POST", "/api/v2/write", {"data.write"}},
    {"POST", "/api/v1/write*", {"data.write"}},
    {"POST", "/api/v1/import*", {"data.import"}},
    {"POST", "/api/v1/query*", {"data.query", true}},
    {"GET", "/api/v1/query/*", {"data.query", true}},
    {"DELETE", "/api/v1/query/cursor/:cursor", {}},
    {"DELETE", "/api/v1/queries/:id", {"query.cancelled"}},
    {"GET", "/api/v1/queries*", {"query.read", true}},
    {"POST", "/api/v1/databases", {"database.created"}},
    {"DELETE", "/api/v1/databases/:name", {"database.deleted"}},
    {"DELETE", "/api/v1/databases/:name/measurements/:measurement", {"measurement.deleted"}},
    {"GET", "/api/v1*", {"metadata.read", true}},
});

bool Fits(std::string_view wanted, std::string_view pattern) {
  if (!wanted.ends_with('*')) return wanted == pattern;
  return pattern.starts_with(wanted.substr(0, wanted.size() - 1));
}

}  // namespace

Event EventOf(std::string_view method, std::string_view pattern, int status) {
  if (status == 401) return {"auth.failed"};
  if (status == 403) return {"access.denied"};
  if (method == "HEAD") method = "GET";
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) {
    return row.method == method && Fits(row.pattern, pattern);
  });
  if (found != kRows.end()) return found->event;
  // A route that is missing above still gets an entry.
  if (!pattern.empty() && method != "GET") return {"request"};
  return {};
}

}  // namespace arc::audit
