// Who asks, and what they may do. Every route names the permission it needs and every handler
// receives a Principal, so that access control is decided in one place.

#pragma once

#include <cstdint>
#include <string>

namespace arc::auth {

enum class Permission : std::uint8_t {
  kNone,   // open to everyone: health, readiness, metrics
  kToken,  // any authenticated principal
  kRead,
  kWrite,
  kDelete,
  kAdmin,
};

// A plain value; copied into each request.
struct Principal {
  std::string name;  // for logs: never a secret
  bool may_read = false;
  bool may_write = false;
  bool may_delete = false;
  bool is_admin = false;  // implies the others

  bool Has(Permission permission) const {
    switch (permission) {
      case Permission::kNone:
      case Permission::kToken:
        return true;
      case Permission::kRead:
        return may_read || is_admin;
      case Permission::kWrite:
        return may_write || is_admin;
      case Permission::kDelete:
        return may_delete || is_admin;
      case Permission::kAdmin:
        return is_admin;
    }
    return false;
  }
};

}  // namespace arc::auth
