// The token endpoints: /api/v1/auth.

#pragma once

#include <vector>

#include "access/auth/request_limits.h"
#include "access/auth/token_authenticator.h"
#include "foundation/base/task_pool.h"
#include "foundation/time/clock.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  what changes tokens runs in `pool`.
class AuthRoutes {
 public:
  AuthRoutes(auth::TokenAuthenticator& tokens, auth::RequestLimits& limits, TaskPool& pool,
             const Clock& clock)
      : tokens_(tokens), limits_(limits), pool_(pool), clock_(clock) {}

  std::vector<http::Route> Routes();

 private:
  http::Response Verify(const http::Request& request) const;
  http::Response List();
  http::Response Create(const http::Request& request);
  http::Response Show(const http::Request& request);
  http::Response Change(const http::Request& request);
  http::Response Delete(const http::Request& request);
  http::Response Rotate(const http::Request& request);
  http::Response Revoke(const http::Request& request);
  http::Response CacheStats() const;
  http::Response InvalidateCache();

  auth::TokenAuthenticator& tokens_;
  auth::RequestLimits& limits_;
  TaskPool& pool_;
  const Clock& clock_;
};

}  // namespace arc::api
