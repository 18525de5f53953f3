// Organisations, their teams, the teams' roles, and what a role says of single measurements; and
// which tokens are in which team. Out of it come the grants of a token.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/auth/auth_file.h"
#include "access/auth/grants.h"
#include "access/auth/token_info.h"
#include "foundation/base/result.h"
#include "foundation/time/clock.h"

namespace arc::auth {

// Each is the parent of the next.
enum class AccessLevel : std::uint8_t {
  kOrganization = 1,
  kTeam,
  kRole,         // its name is a pattern of databases
  kMeasurement,  // a role's word on measurements; its name is a pattern of them
};

// "organization", "team", "role", "measurement permission".
std::string_view NameOf(AccessLevel level);
// Whether its name is a pattern, and it has permissions.
bool HasPattern(AccessLevel level);

// What a node should be, or become.
struct AccessSettings {
  std::string name;  // of roles and below: a pattern (grants.h)
  std::string description{};
  Permissions permissions{};  // of roles and below
  bool is_enabled = true;     // of organisations and teams: whether they give anything
};

// Times are microseconds UTC.
struct AccessNode {
  std::int64_t id = 0;
  std::int64_t parent_id = 0;  // 0: an organisation has none
  AccessSettings settings;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

struct Membership {
  std::int64_t id = 0;
  std::int64_t token_id = 0;
  std::int64_t team_id = 0;
  std::int64_t created_at = 0;
};

// Lifetime: outlived by the file.
// Threads:  any; blocks on the disk: not for I/O threads, but for GrantsOf, which reads few rows.
// Limits:   kNodesMax nodes.
class AccessTree {
 public:
  static constexpr std::int64_t kNodesMax = 50'000;

  // `on_change` is called after each change, before it is answered; perhaps after one that failed.
  AccessTree(AuthFile& file, const Clock& clock, std::function<void()> on_change)
      : file_(file), clock_(clock), on_change_(std::move(on_change)) {}

  // Makes of a node's present state what it should be; fails where that cannot be. Called under a
  // lock: a pure function.
  using Edit = std::function<Result<void>(AccessSettings&)>;

  // Fails with kInvalidInput on a name or pattern that cannot be, with kNotFound when there is no
  // such parent (0 for an organisation), with kAlreadyExists when the parent has one of that name
  // or there are too many.
  Result<AccessNode> Add(AccessLevel level, std::int64_t parent_id, const AccessSettings& settings);
  // By id; kNotFound when there is no such parent.
  Result<std::vector<AccessNode>> List(AccessLevel level, std::int64_t parent_id) const;
  // These fail with kNotFound when there is no such node. One whose row is damaged has no
  // permissions and is not enabled; Change of it fails with kCorruptData, and it can be removed.
  Result<AccessNode> Get(AccessLevel level, std::int64_t id) const;
  Result<AccessNode> Change(AccessLevel level, std::int64_t id, const Edit& edit);
  Result<void> Remove(AccessLevel level, std::int64_t id);  // with all below it

  // Puts the token into the team. kNotFound, kAlreadyExists: also when it is the last
  // administrator, whose own rights would not count any more (last_admin.h).
  Result<Membership> Join(std::int64_t token_id, std::int64_t team_id);
  // Takes it out. From its last one on, its own permissions count again.
  Result<void> Leave(std::int64_t token_id, std::int64_t team_id);
  Result<std::vector<AccessNode>> TeamsOf(std::int64_t token_id) const;

  // Null for a token that is not scoped.
  Result<std::shared_ptr<const Grants>> GrantsOf(const TokenInfo& token) const;

 private:
  Result<void> CheckParentLocked(AccessLevel level, std::int64_t parent_id) const
      REQUIRES(file_.mutex);
  Result<AccessNode> GetLocked(AccessLevel level, std::int64_t id) const REQUIRES(file_.mutex);
  Result<AccessNode> InsertLocked(AccessLevel level, std::int64_t parent_id,
                                  const AccessSettings& settings) REQUIRES(file_.mutex);
  Result<AccessNode> UpdateLocked(AccessLevel level, std::int64_t id, const Edit& edit)
      REQUIRES(file_.mutex);
  Result<std::int64_t> CountLocked(std::string_view sql, std::int64_t parameter) const
      REQUIRES(file_.mutex);
  Result<void> JoinLocked(std::int64_t token_id, std::int64_t team_id) REQUIRES(file_.mutex);
  Result<void> LeaveLocked(std::int64_t token_id, std::int64_t team_id) REQUIRES(file_.mutex);

  AuthFile& file_;
  const Clock& clock_;
  const std::function<void()> on_change_;
};

}  // namespace arc::auth
