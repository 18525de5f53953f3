// Credentials in, a Principal out.

#pragma once

#include <string_view>

#include "access/auth/principal.h"
#include "foundation/base/result.h"

namespace arc::auth {

// Threads: asked from every I/O thread at once; must not block.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // `token` is empty when the request carries none. Fails with kUnauthenticated.
  virtual Result<Principal> Authenticate(std::string_view token) const = 0;
};

// Lets everyone do everything: a server without access control.
class AnonymousAuthenticator : public Authenticator {
 public:
  Result<Principal> Authenticate(std::string_view token) const override;
};

}  // namespace arc::auth
