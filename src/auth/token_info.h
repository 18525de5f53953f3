// What is known of a token, but for itself.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/principal.h"
#include "base/result.h"

namespace arc::auth {

struct Permissions {
  bool read = false;
  bool write = false;
  bool remove = false;
  bool admin = false;  // implies the others

  bool operator==(const Permissions&) const = default;
};

// "read,write", in the contract's order; empty for none.
std::string ToText(const Permissions& permissions);
// Adds the one that `word` names ("read", "write", "delete", "admin"); false for another word.
bool AddPermission(std::string_view word, Permissions& permissions);

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

  bool IsValidAt(std::int64_t now) const {
    return is_enabled && (!expires_at || now < *expires_at);
  }
  Principal ToPrincipal() const {
    return {name, permissions.read, permissions.write, permissions.remove, permissions.admin};
  }
};

}  // namespace arc::auth
