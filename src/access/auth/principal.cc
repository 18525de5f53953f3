#include "access/auth/principal.h"

#include <fmt/format.h>

namespace arc::auth {
namespace {

Error Denied(Permission permission, std::string_view what) {
  return {ErrorCode::kForbidden,
          fmt::format("Permission denied: {} required on {}", NameOf(permission), what)};
}

}  // namespace

bool Principal::Has(Permission permission) const {
  if (permission == Permission::kNone || permission == Permission::kToken) return true;
  return grants ? grants->Have(permission) : permissions.Include(permission);
}

bool Principal::May(Permission permission, std::string_view database,
                    std::string_view measurement) const {
  return grants ? grants->Allow(permission, database, measurement)
                : permissions.Include(permission);
}

bool Principal::MayInDatabase(Permission permission, std::string_view database) const {
  return grants ? grants->AllowDatabase(permission, database) : permissions.Include(permission);
}

Result<void> Principal::Authorize(Permission permission, std::string_view database,
                                  std::string_view measurement) const {
  if (May(permission, database, measurement)) return {};
  return Denied(permission, fmt::format("{}.{}", database, measurement));
}

Result<void> Principal::AuthorizeDatabase(Permission permission, std::string_view database) const {
  if (MayInDatabase(permission, database)) return {};
  return Denied(permission, fmt::format("the database {}", database));
}

bool Principal::MayTheSameAs(const Principal& other) const {
  if ((grants == nullptr) != (other.grants == nullptr)) return false;
  return grants ? *grants == *other.grants : permissions == other.permissions;
}

}  // namespace arc::auth
