#include "access/auth/last_admin.h"

#include <fmt/format.h>

#include "access/auth/permission.h"

namespace arc::auth {

Result<AdminCounts> CountAdmins(AuthFile& file, std::int64_t now) {
  auto rows =
      TRY(file.connection->Prepare(fmt::format("SELECT permissions, expires_at FROM tokens "
                                               "WHERE is_enabled AND NOT is_scoped AND {}",
                                               IsSound("tokens"))));
  AdminCounts counts;
  while (TRY(rows.Step())) {
    const auto expires_at = rows.Number(1);
    const bool is_lasting = expires_at == 0;
    if (!PermissionsIn(rows.Text(0)).admin || (!is_lasting && expires_at <= now)) continue;
    counts.valid++;
    if (is_lasting) counts.lasting++;
  }
  return counts;
}

Result<void> CheckAdminIsLeft(const AdminCounts& before, const AdminCounts& after) {
  const bool is_last_lasting = before.lasting > 0 && after.lasting == 0;
  const bool is_last_valid = before.lasting == 0 && before.valid > 0 && after.valid == 0;
  if (!is_last_lasting && !is_last_valid) return {};
  return Error{ErrorCode::kAlreadyExists,
               "this is the last token that may do everything and does not expire: nobody could "
               "make another one; make one first (permission admin, no expiry, in no team), or "
               "rotate this one"};
}

}  // namespace arc::auth
