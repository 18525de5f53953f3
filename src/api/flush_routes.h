// Flush on demand.

#pragma once

#include <vector>

#include "base/task_pool.h"
#include "http/route.h"
#include "storage/flusher.h"

namespace arc::api {

// Lifetime: outlives the http server whose routes it made; outlived by what it is given.
// Threads:  the handler only queues; the waiting happens in `pool`.
class FlushRoutes {
 public:
  FlushRoutes(storage::Flusher& flusher, TaskPool& pool);

  std::vector<http::Route> Routes();

 private:
  http::Response Flush();

  storage::Flusher& flusher_;
  TaskPool& pool_;
};

}  // namespace arc::api
