// Flush on demand.

#pragma once

#include <vector>

#include "data/flush/flusher.h"
#include "foundation/base/task_pool.h"
#include "service/http/route.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  the handler only queues; the waiting happens in `pool`.
class FlushRoutes {
 public:
  FlushRoutes(flush::Flusher& flusher, TaskPool& pool);

  std::vector<http::Route> Routes();

 private:
  http::Response Flush();

  flush::Flusher& flusher_;
  TaskPool& pool_;
};

}  // namespace arc::api
