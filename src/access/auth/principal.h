// Who asks, and what they may do: the one place that decides. Every route names the permission it
// needs, and every handler that touches data asks for that data.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "access/auth/grants.h"
#include "access/auth/permission.h"
#include "access/auth/policy.h"
#include "foundation/base/result.h"

namespace arc::auth {

// A plain value; copied into each request. By default it may do nothing.
struct Principal {
  std::string name;                        // for logs: never a secret
  std::int64_t token_id = 0;               // 0: none
  Permissions permissions;                 // count for all data, unless there are grants
  std::shared_ptr<const Grants> grants{};  // if not null, nothing else counts
  PolicyLimits limits{};                   // how much it may ask for

  // Whether a route is open to it: for some data at least, but kAdmin for all.
  bool Has(Permission permission) const;
  bool May(Permission permission, std::string_view database, std::string_view measurement) const;
  bool MayInDatabase(Permission permission, std::string_view database) const;

  // The same with the error for the client, kForbidden.
  Result<void> Authorize(Permission permission, std::string_view database,
                         std::string_view measurement) const;
  Result<void> AuthorizeDatabase(Permission permission, std::string_view database) const;

  // Whether it may do just what `other` may.
  bool MayTheSameAs(const Principal& other) const;
};

}  // namespace arc::auth
