// Keeps a server from losing its last administrator: nobody could make another one over HTTP.

#pragma once

#include <cstdint>

#include "access/auth/auth_file.h"
#include "foundation/base/mutex.h"
#include "foundation/base/result.h"

namespace arc::auth {

// Tokens that may do everything: administrators that are enabled and not scoped by teams.
struct Admins {
  bool has_valid = false;    // one that has not expired
  bool has_lasting = false;  // one that never will
};
// `now`: microseconds UTC. Reads tokens by id until it finds one that lasts: among many tokens it
// is mostly the first.
Result<Admins> FindAdmins(AuthFile& file, std::int64_t now) REQUIRES(file.mutex);

// Fails with kAlreadyExists (a conflict with what must stay) when a change from `before` to `after`
// has taken the last one that lasts, or, when there was none of those, the last valid one. What was
// lost before is not the change's fault.
Result<void> CheckAdminIsLeft(const Admins& before, const Admins& after);

// Does `change`, which returns a Result<void>, in a transaction of its own, unless it leaves no
// administrator; then nothing has changed.
template <class Change>
Result<void> ChangeKeepingAdmin(AuthFile& file, std::int64_t now, const Change& change)
    REQUIRES(file.mutex) {
  TRY(file.connection->Execute("BEGIN"));
  // Clang does not see that the change's lock and the file's are one.
  const auto checked = [&]() ARC_THREAD_ATTRIBUTE(no_thread_safety_analysis) -> Result<void> {
    const auto before = TRY(FindAdmins(file, now));
    TRY(change());
    const auto after = TRY(FindAdmins(file, now));
    return CheckAdminIsLeft(before, after);
  };
  return file.Finish(checked());
}

}  // namespace arc::auth
