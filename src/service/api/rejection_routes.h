// The refused rows: /api/v1/rejections.

#pragma once

#include <vector>

#include "foundation/base/task_pool.h"
#include "service/api/rejection_log.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  all of it runs in `pool`.
class RejectionRoutes {
 public:
  RejectionRoutes(const RejectionLog& rejections, TaskPool& pool)
      : rejections_(rejections), pool_(pool) {}

  std::vector<http::Route> Routes();

 private:
  const RejectionLog& rejections_;
  TaskPool& pool_;
};

}  // namespace arc::api
