// The endpoints of the audit log: /api/v1/audit.

#pragma once

#include <vector>

#include "access/audit/audit_reader.h"
#include "foundation/base/task_pool.h"
#include "foundation/time/clock.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  all of it runs in `pool`.
class AuditRoutes {
 public:
  AuditRoutes(audit::AuditLog& log, fs::FileSystem& files, TaskPool& pool, const Clock& clock)
      : log_(log), files_(files), pool_(pool), clock_(clock) {}

  std::vector<http::Route> Routes();

 private:
  http::Response ListEntries(const http::Request& request);
  http::Response CountEntries(const http::Request& request);

  audit::AuditLog& log_;
  fs::FileSystem& files_;
  TaskPool& pool_;
  const Clock& clock_;
};

}  // namespace arc::api
