// The endpoints of policies: /api/v1/governance.

#pragma once

#include <vector>

#include "access/auth/policy_store.h"
#include "access/auth/usage_meter.h"
#include "foundation/base/task_pool.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  all of it runs in `pool`.
class GovernanceRoutes {
 public:
  GovernanceRoutes(auth::PolicyStore& policies, const auth::UsageMeter& usage, TaskPool& pool)
      : policies_(policies), usage_(usage), pool_(pool) {}

  std::vector<http::Route> Routes();

 private:
  http::Response List() const;
  http::Response Add(const http::Request& request);
  http::Response Show(const http::Request& request) const;
  http::Response Change(const http::Request& request);
  http::Response Remove(const http::Request& request);
  http::Response ShowUsage(const http::Request& request) const;

  auth::PolicyStore& policies_;
  const auth::UsageMeter& usage_;
  TaskPool& pool_;
};

}  // namespace arc::api
