#include "access/auth/last_admin.h"

#include <fmt/format.h>

#include "access/auth/permission.h"

namespace arc::auth {

Result<Admins> FindAdmins(AuthFile& file, std::int64_t now) {
  auto rows =
      TRY(file.connection->Prepare(fmt::format("SELECT permissions, expires_at FROM tokens "
                                               "WHERE is_enabled AND NOT is_scoped AND {} "
                                               "ORDER BY id",
                                               IsSound("tokens"))));
  Admins admins;
  while (!admins.has_lasting && TRY(rows.Step())) {
    if (!PermissionsIn(rows.Text(0)).admin) continue;
    const auto expires_at = rows.Number(1);
    admins.has_lasting = expires_at == 0;
    if (admins.has_lasting || now < expires_at) admins.has_valid = true;
  }
  return admins;
}

Result<void> CheckAdminIsLeft(const Admins& before, const Admins& after) {
  const bool is_last_lasting = before.has_lasting && !after.has_lasting;
  const bool is_last_valid = !before.has_lasting && before.has_valid && !after.has_valid;
  if (!is_last_lasting && !is_last_valid) return {};
  return Error{ErrorCode::kAlreadyExists,
               "this is the last token that may do everything and does not expire: nobody could "
               "make another one; make one first (permission admin, no expiry, in no team), or "
               "rotate this one"};
}

}  // namespace arc::auth
