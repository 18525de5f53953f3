// What is known of a token, but for itself.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "access/auth/principal.h"

namespace arc::auth {

// Times are microseconds UTC.
struct TokenInfo {
  std::int64_t id = 0;
  std::string name;
  std::string description;
  Permissions permissions;
  std::int64_t created_at = 0;
  std::optional<std::int64_t> last_used_at{};
  std::optional<std::int64_t> expires_at{};
  bool is_enabled = true;
  // It is not as it was written (row_checksums.h), and so has no permissions and is not enabled.
  bool is_damaged = false;
  // Since it was first put into a team: only what its teams allow counts. A team that is deleted
  // takes rights away and gives none.
  bool is_scoped = false;
  // Of its teams, and of its policy. The token store leaves both empty; TokenAuthenticator fills
  // them.
  std::shared_ptr<const Grants> grants{};
  PolicyLimits limits{};

  bool IsValidAt(std::int64_t now) const {
    return is_enabled && (!expires_at || now < *expires_at);
  }
  Principal ToPrincipal() const { return {name, id, permissions, grants, limits}; }
};

}  // namespace arc::auth
